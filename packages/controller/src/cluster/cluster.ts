import { Bus, InProcessExchange, InProcessTransport, type Transport } from '@revtr/bus';
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

interface BusParts {
  readonly clock: Clock;
  readonly log: Logger;
}

/** The bus of a controller over a transport. */
export const busOver = (transport: Transport, { clock, log }: BusParts): Bus =>
  new Bus(
    {},
    { transport, clock, onProblem: (error) => log.error({ err: error }, 'a message of the bus was not handled') },
  );

/** A controller that is one process, with all roles. */
export function alone(parts: BusParts): Cluster {
  const transport = new InProcessTransport({ exchange: new InProcessExchange() });
  return { roles: new Set(ROLES), isShared: false, bus: busOver(transport, parts) };
}
