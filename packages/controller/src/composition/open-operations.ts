import { AtlasRuns, type Mails, type QueueState } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Role } from '../cluster/roles.ts';
import { observeCluster } from '../operations/cluster-metrics.ts';
import { type ReadinessCheck, ReadinessProbe } from '../operations/readiness.ts';
import { observeReadiness } from '../operations/readiness-metrics.ts';
import { observeState } from '../operations/state-metrics.ts';
import { StateReader } from '../operations/system-state.ts';
import type { KillSwitches } from '../safety/kill-switches.ts';
import type { Context } from './context.ts';
import type { ControllerCollaborators } from './controller-options.ts';
import type { Subsystem } from './subsystem.ts';

export interface OperationsSubsystem extends Subsystem {
  readonly state: StateReader;
  readonly readiness: ReadinessProbe;
}

/** What operators and load balancers ask about the whole process. It must be the last subsystem, because it is the first to stop. */
export function openOperations(
  { database, datasets, metrics, clock, log, cluster }: Context,
  parts: {
    readonly queue: QueueState;
    readonly mails: Mails;
    readonly directory: AgentDirectory;
    readonly switches: KillSwitches;
    readonly audit: Pick<AuditLog, 'canRecord'>;
    readonly lock: ControllerCollaborators['lock'];
  },
): OperationsSubsystem {
  const { members, isShared } = cluster;
  const processesWith = isShared ? (role: Role): number => members.with(role).length : undefined;
  const state = new StateReader({
    ...parts,
    runs: new AtlasRuns(database.db),
    datasets: datasets.store,
    processesWith,
    clock,
  });
  observeState(metrics, { state, clock, log });
  if (isShared) observeCluster(metrics, cluster);
  const needed: Record<string, ReadinessCheck> = { database: () => database.ping() };
  const bus = async (): Promise<void> => {
    if (cluster.bus.lostForMs > 0) throw new Error('the bus cannot be reached');
  };
  const audit = async (): Promise<void> => {
    if (!parts.audit.canRecord) throw new Error('the audit cannot record probes');
  };
  const lock = async (): Promise<void> => {
    if (parts.lock?.isHeld === false) throw new Error('this process has lost the lock on its database');
  };
  const isProbing = cluster.roles.has('engine') || cluster.roles.has('atlas');
  const others: Record<string, ReadinessCheck> = { ...(cluster.isShared && { bus }), ...(isProbing && { audit }) };
  // Submissions work without the bus and the audit, and a load balancer must not turn away from every API at the same time.
  const isApi = cluster.roles.has('api');
  // Without the lock, a process works until it must stop.
  const helpful = { ...(parts.lock && { lock }), ...(isApi && others) };
  const checks = { needed: { ...needed, ...(!isApi && others) }, helpful };
  const readiness = new ReadinessProbe(checks, { clock });
  observeReadiness(metrics, { readiness });
  return { name: 'operations', state, readiness, start: () => undefined, stop: () => readiness.stopping() };
}
