import { Bus, InProcessExchange, InProcessTransport } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import { ROLES, type Role } from './roles.ts';

/** What this process does, and how it reaches the other processes of the controller. */
export interface Cluster {
  readonly roles: ReadonlySet<Role>;
  /** Whether there may be other processes. Without them, nobody else needs to be told or asked. */
  readonly isShared: boolean;
  readonly bus: Bus;
}

/** A controller that is one process, with all roles. */
export function alone({ clock, log }: { readonly clock: Clock; readonly log: Logger }): Cluster {
  const transport = new InProcessTransport({ exchange: new InProcessExchange() });
  const onProblem = (error: unknown): void => log.error({ err: error }, 'a message of the bus was not handled');
  return { roles: new Set(ROLES), isShared: false, bus: new Bus({}, { transport, clock, onProblem }) };
}
