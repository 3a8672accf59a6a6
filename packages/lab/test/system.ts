import { formatIpv4 } from '@revtr/net';
import { simParameters } from '@revtr/sim';
import { generateApiKey, hashApiKey, type NewUser } from '@revtr/storage';
import { pino } from 'pino';
import { type SimulatedSystemOptions, startSimulatedSystem } from '../src/world/simulated-system.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';
import type { System } from '../src/world/system.ts';

/** A whole system on a small simulated Internet, for tests of API and command line. */
export interface TestSystem extends System {
  readonly world: SimulatedWorld;
  readonly source: string;
  /** Addresses that can be measured. */
  readonly destinations: readonly string[];
}

export async function startTestSystem(
  options: Partial<Omit<SimulatedSystemOptions, 'host' | 'port' | 'maxBatch'>> = {},
): Promise<TestSystem> {
  const world = new SimulatedWorld({ parameters: simParameters('small', 3), sources: 2 });
  const { database = 'memory:', realTime = false, concurrency = 100, ...more } = options;
  const system = await startSimulatedSystem(
    world,
    { host: '127.0.0.1', port: 0, database, concurrency, maxBatch: 5_000, realTime, ...more },
    pino({ level: 'fatal' }),
  );
  const destinations = [...new Set(world.randomPairs(400).map(({ destination }) => formatIpv4(destination)))];
  return { ...system, world, source: formatIpv4(world.sources[0].address), destinations };
}

type Limits = Pick<NewUser, 'max_per_day' | 'max_parallel' | 'max_per_minute'>;

/** Adds a user, and returns an API key of theirs. Limits: 10 each, unless `limits` sets others. */
export async function addUser(
  { controller: { users } }: Pick<System, 'controller'>,
  email: string,
  limits: Partial<Limits> = {},
): Promise<string> {
  const common = { max_per_day: 10, max_parallel: 10, max_per_minute: 10 };
  const user = await users.ensure({ name: 'User', email, role: 'user', ...common, ...limits });
  const key = generateApiKey();
  await users.addKey(user.id, hashApiKey(key));
  return key;
}
