import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import type { Clock } from '@revtr/probing';
import { Health, HealthCheckResponse_ServingStatus as Status } from './generated/grpc/health/v1/health_pb.ts';

/** Between two looks at the health for a client that watches it, milliseconds. */
const LOOK_MS = 2_000;

interface HealthCollaborators {
  readonly isServing: () => Promise<boolean>;
  readonly clock: Clock;
  readonly stopping: AbortSignal;
}

/** Adds the health service, which says of the server and of each of its services whether it works. */
export function addHealth(
  router: ConnectRouter,
  services: readonly DescService[],
  { isServing, clock, stopping }: HealthCollaborators,
): void {
  const names = new Set(['', ...services.map(({ typeName }) => typeName)]);
  const statusNow = async (): Promise<Status> =>
    !stopping.aborted && (await isServing().catch(() => false)) ? Status.SERVING : Status.NOT_SERVING;
  router.service(Health, {
    check: async ({ service }) => {
      if (!names.has(service)) throw new ConnectError('there is no such service', Code.NotFound);
      return { status: await statusNow() };
    },
    watch: async function* ({ service }, { signal }) {
      const ended = AbortSignal.any([signal, stopping]);
      let told: Status | undefined;
      while (!ended.aborted) {
        const status: Status = names.has(service) ? await statusNow() : Status.SERVICE_UNKNOWN;
        if (status !== told) yield { status };
        told = status;
        await clock.sleep(LOOK_MS, ended).catch(() => undefined);
      }
    },
  });
}
