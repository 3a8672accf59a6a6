import type { ClusterParts } from '../cluster/cluster-parts.ts';
import type { Role } from '../cluster/roles.ts';
import type { RoleDuty } from './duties.ts';
import type { Subsystem } from './subsystem.ts';

/** A subsystem that could not begin its duty tries again after this time, milliseconds. */
const RETRY_MS = 10_000;

/** A subsystem, and the processes that run it. */
export interface PlacedSubsystem {
  readonly subsystem: Subsystem;
  /** Roles whose processes run it. Default: all processes do. */
  readonly roles?: readonly Role[];
  /** Set where one process runs it for all others. */
  readonly duty?: RoleDuty;
}

/** The subsystems that this process runs. One with a duty starts when this process begins to have the duty. */
export function subsystemsHere(
  placed: readonly PlacedSubsystem[],
  { roles }: Pick<ClusterParts, 'roles'>,
  onError: (error: unknown, subsystem: string) => void,
): readonly Subsystem[] {
  return placed
    .filter((entry) => entry.roles?.some((role) => roles.has(role)) ?? true)
    .map(({ subsystem, duty }) => (duty === undefined ? subsystem : startedWith(duty, subsystem, onError)));
}

function startedWith(
  duty: RoleDuty,
  subsystem: Subsystem,
  onError: (error: unknown, subsystem: string) => void,
): Subsystem {
  const stopping = new AbortController();
  let begun: Promise<void> = Promise.resolve();
  const isHereAlready = duty.isHere();
  const begin = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await duty.held(stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await subsystem.start();
        return await subsystem.onAgentsSettled?.();
      } catch (error) {
        // The process that had the duty may still hold what this one needs, for example a directory.
        onError(error, subsystem.name);
        await duty.clock.sleep(RETRY_MS, stopping.signal).catch(() => undefined);
      }
    }
  };
  return {
    name: subsystem.name,
    start: () => {
      if (isHereAlready) return subsystem.start();
      begun = begin();
      return undefined;
    },
    onAgentsSettled: () => (isHereAlready ? subsystem.onAgentsSettled?.() : undefined),
    stop: async () => {
      stopping.abort();
      await begun;
      await subsystem.stop();
    },
  };
}
