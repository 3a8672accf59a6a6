import type { ROLES } from '@revtr/controller';

/** Processes of each role. */
export const PER_ROLE = 2;
export const NATS = 'nats';
export const FLEET = 'fleet';
export const CLIENTS = 'clients';
/** Hosts of vantage points on which the agent program runs with scamper. The agents of the other hosts are in the process `fleet`. */
export const AGENTS: readonly string[] = ['agent1', 'agent2'];
/** Name of the address under which clients reach the primary PostgreSQL server. */
export const POSTGRES = 'postgres';

/** Names of the processes of a role, for example `engine1` and `engine2`. */
export const namesOf = (role: (typeof ROLES)[number]): string[] =>
  Array.from({ length: PER_ROLE }, (_, i) => `${role}${i + 1}`);

/** The gateway to which an agent of {@link AGENTS} connects. */
export const gatewayOf = (agent: string): string => namesOf('gateway')[AGENTS.indexOf(agent) % PER_ROLE];
