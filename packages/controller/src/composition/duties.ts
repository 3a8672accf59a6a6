import type { Clock } from '@revtr/probing';
import type { AuditLog } from '../audit/audit-log.ts';
import type { ClusterParts } from '../cluster/cluster-parts.ts';
import { Duty } from '../cluster/leases/duty.ts';
import { dutyClock } from '../cluster/leases/duty-clock.ts';
import { isCutOff } from '../cluster/lost-bus.ts';
import type { Role } from '../cluster/roles.ts';

/** Work that one process of a role does for all. */
export interface RoleDuty {
  /** Whether this process does it now. */
  readonly isHere: () => boolean;
  /** Time for that work: it stands still while another process does it. */
  readonly clock: Clock;
  /** Resolves when this process begins to do it, or when `signal` fires. */
  readonly held: (signal: AbortSignal) => Promise<void>;
  /** Calls `listener` each time that this process begins to do it. */
  readonly onBegin: (listener: () => void) => void;
  /** Calls `listener` each time that this process must end it. */
  readonly onEnd: (listener: () => void | Promise<void>) => void;
}

export interface DutyOptions {
  /** Name of the lease. */
  readonly name: string;
  /** Processes with this role do the work. */
  readonly role: Role;
  /** What records the probes of the work. No process does it that has lost the bus, or cannot record. `undefined`: it sends none, and the database is enough. */
  readonly audit: Pick<AuditLog, 'canRecord'> | undefined;
}

/** What a duty needs of {@link ClusterParts}. */
interface DutyParts extends Pick<ClusterParts, 'roles' | 'isShared'> {
  readonly bus: Pick<ClusterParts['bus'], 'lostForMs'>;
  readonly leases: Pick<ClusterParts['leases'], 'add'>;
}

/** A duty of a role. A process without the role never has it; a process that is alone always has. */
export function openDuty(
  { name, role, audit }: DutyOptions,
  { bus, roles, isShared, leases }: DutyParts,
  clock: Clock,
): RoleDuty {
  const never = { onBegin: () => undefined, onEnd: () => undefined };
  if (!isShared) return { isHere: () => true, clock, held: () => Promise.resolve(), ...never };
  const duty = new Duty({ name, isAble: () => audit === undefined || (audit.canRecord && !isCutOff(bus)) });
  if (!roles.has(role)) return { isHere: () => false, clock, held: (signal) => duty.held(signal), ...never };
  leases.add(duty);
  return {
    isHere: () => duty.isHeld,
    clock: dutyClock(clock, duty),
    held: (signal) => duty.held(signal),
    onBegin: (listener) => duty.onBegin(listener),
    onEnd: (listener) => duty.onEnd(listener),
  };
}
