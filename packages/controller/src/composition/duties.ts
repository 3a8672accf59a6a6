import type { Clock } from '@revtr/probing';
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
  /** Whether the work sends probes. Then no process does it that has lost the bus; otherwise the database is enough. */
  readonly isProbing: boolean;
}

/** A duty of a role. A process without the role never has it; a process that is alone always has. */
export function openDuty(
  { name, role, isProbing }: DutyOptions,
  { bus, roles, isShared, leases }: ClusterParts,
  clock: Clock,
): RoleDuty {
  const never = { onBegin: () => undefined, onEnd: () => undefined };
  if (!isShared) return { isHere: () => true, clock, held: () => Promise.resolve(), ...never };
  const duty = new Duty({ name, isAble: () => !isProbing || !isCutOff(bus) });
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
