import type { FastifyInstance } from 'fastify';
import type { ApiCollaborators } from '../api/http/collaborators.ts';
import { removeStaleSocket } from '../api/http/stale-socket.ts';
import { describeApi } from '../api/openapi/document.ts';
import { createServer, type ServerOptions } from '../api/server.ts';
import { readWebFiles } from '../web/web-files.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** Where the API listens: a TCP address, or the path of a Unix socket. */
export type ListenOptions =
  | { readonly host: string /** 0 takes any free port. */; readonly port: number }
  | { readonly path: string };

export interface ApiSubsystem extends Subsystem {
  readonly app: FastifyInstance;
  /** Address under which the API can be reached, once it is started. */
  readonly url: string;
  /** The OpenAPI document of the API. */
  document(): object;
}

/** Opens the HTTP server. */
export async function openApi(
  { metrics, log }: Context,
  options: Omit<ServerOptions, 'web'> & {
    readonly listen: ListenOptions;
    /** Directory of the built web interface. Default: none is served. */
    readonly webDirectory?: string | undefined;
  },
  collaborators: Omit<ApiCollaborators, 'stopping'>,
): Promise<ApiSubsystem> {
  const stopping = new AbortController();
  const { webDirectory } = options;
  const web = webDirectory === undefined ? undefined : await readWebFiles(webDirectory);
  if (webDirectory !== undefined && web === undefined)
    log.warn(`no web interface is served: ${webDirectory} holds none (npm run build:web)`);
  const app = await createServer({ ...options, web }, { ...collaborators, stopping: stopping.signal, log, metrics });
  const { listen } = options;
  let url = '';
  return {
    name: 'api',
    app,
    document: () => describeApi(app.swagger(), collaborators.publicUrl),
    get url() {
      return url;
    },
    start: async () => {
      if ('path' in listen) await removeStaleSocket(listen.path);
      url = await app.listen({ ...listen });
    },
    stop: async () => {
      stopping.abort();
      await app.close();
    },
  };
}
