import type { Logger } from 'pino';
import type { ApiCollaborators } from '../api/http/collaborators.ts';
import { Callers } from '../api/original/grpc/callers.ts';
import { revtrGrpc } from '../api/original/grpc/revtr-grpc.ts';
import { toConnectError } from '../api/original/grpc/to-connect-error.ts';
import type { RevtrService } from '../api/original/revtr-service.ts';
import type { Metrics } from '../foundation/metrics.ts';
import { Revtr } from '../grpc/generated/revtr_pb.ts';
import { GrpcServer, type GrpcServerOptions } from '../grpc/grpc-server.ts';

/** Where the gRPC interface listens, with which certificate, and limits that differ from the defaults. */
export type GrpcListenOptions = Omit<GrpcServerOptions, 'name'>;

/** Opens the gRPC interface of the original's API. */
export function openGrpc(
  options: GrpcListenOptions,
  collaborators: Pick<ApiCollaborators, 'authenticator' | 'auditEvents' | 'readiness' | 'clock'> & {
    readonly revtr: RevtrService;
    readonly metrics: Metrics;
    readonly log: Logger;
  },
): GrpcServer {
  const { revtr, auditEvents, readiness, clock, metrics, log } = collaborators;
  const callers = new Callers(collaborators);
  const onAuditFailed = (error: unknown): void =>
    log.error({ err: error }, 'the outcome of an action cannot be stored in the audit');
  const service = revtrGrpc({ revtr, callers, auditEvents, onAuditFailed });
  const toError = (error: unknown) =>
    toConnectError(error, (fault) => log.error({ err: fault }, 'gRPC: a call failed'));
  return new GrpcServer(
    { ...options, name: 'api' },
    {
      routes: (router) => router.service(Revtr, service),
      requestGate: async (context) => {
        try {
          await callers.admit(context);
        } catch (error) {
          throw toError(error);
        }
      },
      toConnectError: toError,
      isServing: async () => (await readiness.read()).isReady,
      ...{ clock, metrics, log },
    },
  );
}
