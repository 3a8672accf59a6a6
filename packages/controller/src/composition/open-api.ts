import type { FastifyInstance } from 'fastify';
import type { ApiCollaborators } from '../api/http/collaborators.ts';
import { removeStaleSocket } from '../api/http/stale-socket.ts';
import { describeApi } from '../api/openapi/document.ts';
import { RevtrService } from '../api/original/revtr-service.ts';
import { createServer, type ServerOptions } from '../api/server.ts';
import { OpenConnections } from '../foundation/open-connections.ts';
import { readWebFiles } from '../web/web-files.ts';
import type { Context } from './context.ts';
import { type GrpcListenOptions, openGrpc } from './open-grpc.ts';
import type { Subsystem } from './subsystem.ts';

/** Where the API listens: a TCP address, or the path of a Unix socket. */
export type ListenOptions =
  | { readonly host: string /** 0 takes any free port. */; readonly port: number }
  | { readonly path: string };

/** Time that requests under way have to end when the API stops, milliseconds. */
const STOP_MS = 5_000;

export interface ApiSubsystem extends Subsystem {
  readonly app: FastifyInstance;
  /** Address under which the API can be reached, once it is started. */
  readonly url: string;
  /** Port of gRPC, once it is started; `undefined` where gRPC is not served. */
  readonly grpcPort: number | undefined;
  /** The OpenAPI document of the API. */
  document(): object;
}

/** Opens the HTTP server. */
export async function openApi(
  { metrics, log, tracing }: Context,
  options: Omit<ServerOptions, 'web'> & {
    readonly listen: ListenOptions;
    /** Directory of the built web interface. Default: none is served. */
    readonly webDirectory?: string | undefined;
    /** The gRPC interface. Default: none is served. */
    readonly grpc?: GrpcListenOptions | undefined;
  },
  collaborators: Omit<ApiCollaborators, 'stopping'>,
): Promise<ApiSubsystem> {
  const stopping = new AbortController();
  const { webDirectory } = options;
  const web = webDirectory === undefined ? undefined : await readWebFiles(webDirectory);
  if (webDirectory !== undefined && web === undefined)
    log.warn(`no web interface is served: ${webDirectory} holds none (npm run build:web)`);
  const shared = { ...collaborators, stopping: stopping.signal, log, metrics, tracing };
  const revtr = new RevtrService(shared);
  const app = await createServer({ ...options, web }, { ...shared, revtr });
  const connections = new OpenConnections(app.server);
  const grpc = options.grpc === undefined ? undefined : openGrpc(options.grpc, { ...shared, revtr });
  const { listen } = options;
  let url = '';
  let grpcPort: number | undefined;
  return {
    name: 'api',
    app,
    document: () => describeApi(app.swagger(), collaborators.publicUrl),
    get url() {
      return url;
    },
    get grpcPort() {
      return grpcPort;
    },
    start: async () => {
      if ('path' in listen) await removeStaleSocket(listen.path);
      url = await app.listen({ ...listen });
      grpcPort = await grpc?.start();
      if (grpcPort !== undefined) log.info({ port: grpcPort }, 'gRPC is served');
    },
    stop: async () => {
      stopping.abort();
      await Promise.all([connections.endWith(app.close(), STOP_MS), grpc?.stop()]);
    },
  };
}
