import { AtlasRuns, type Mails, type QueueState } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import { ReadinessProbe } from '../operations/readiness.ts';
import { observeState } from '../operations/state-metrics.ts';
import { StateReader } from '../operations/system-state.ts';
import type { KillSwitches } from '../safety/kill-switches.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

export interface OperationsSubsystem extends Subsystem {
  readonly state: StateReader;
  readonly readiness: ReadinessProbe;
}

/** What operators and load balancers ask about the whole process. It must be the last subsystem, because it is the first to stop. */
export function openOperations(
  { database, datasets, metrics, clock, log }: Context,
  parts: {
    readonly queue: QueueState;
    readonly mails: Mails;
    readonly directory: AgentDirectory;
    readonly switches: KillSwitches;
  },
): OperationsSubsystem {
  const state = new StateReader({ ...parts, runs: new AtlasRuns(database.db), datasets: datasets.store, clock });
  observeState(metrics, { state, log });
  const readiness = new ReadinessProbe(
    {
      database: () => database.ping(),
    },
    { clock },
  );
  return { name: 'operations', state, readiness, start: () => undefined, stop: () => readiness.stopping() };
}
