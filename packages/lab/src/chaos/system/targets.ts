import { ROLES } from '@revtr/controller';
import type { Targets } from '../plan/schedule.ts';
import { AGENTS, CLIENTS, FLEET, gatewayOf, NATS, namesOf, POSTGRES } from './names.ts';

const CONTROLLERS = ROLES.flatMap(namesOf);

/** What faults of a run may strike: its processes, and each pair of hosts that exchange packets. Some pairs are drawn more often. */
export const TARGETS: Targets = {
  controllers: CONTROLLERS,
  others: [NATS, FLEET],
  agents: AGENTS,
  clocks: [...CONTROLLERS, FLEET, ...AGENTS],
  links: [
    ...CONTROLLERS.flatMap((name) => [[name, POSTGRES] as const, [name, NATS] as const]),
    ...namesOf('gateway').flatMap((name) => [[name, FLEET] as const, [name, FLEET] as const]),
    ...namesOf('api').flatMap((name) => [[name, CLIENTS] as const, [name, CLIENTS] as const]),
    ...AGENTS.map((name) => [name, gatewayOf(name)] as const),
    ['pg1', 'pg2'],
  ],
};
