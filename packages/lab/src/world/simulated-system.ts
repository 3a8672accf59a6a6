import { Controller } from '@revtr/controller';
import { defaultPlan, type Plan, ReverseTracerouteEngine } from '@revtr/engine';
import { formatIpv4 } from '@revtr/net';
import { openDatabase, parseDatabaseSettings } from '@revtr/storage';
import type { Logger } from 'pino';
import { simulatedFacts } from './simulated-facts.ts';
import type { SimulatedWorld } from './simulated-world.ts';

export interface SimulatedSystemOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Database setting, for instance `memory:`. */
  readonly database: string;
  readonly concurrency: number;
  readonly maxBatch?: number;
  /** Whether, after the preparation, simulated time passes as fast as real time. */
  readonly realTime: boolean;
  /** Default: our own. */
  readonly plan?: Plan;
}

/** The whole system, running on a simulated Internet. */
export interface SimulatedSystem {
  /** Address of the API. */
  readonly url: string;
  /** Key of a user without limits. */
  readonly key: string;
  readonly controller: Controller;
  stop(): Promise<void>;
}

const UNLIMITED = 1_000_000_000;

/** Prepares the world, opens the database, and starts controller and API over them. */
export async function startSimulatedSystem(
  world: SimulatedWorld,
  options: SimulatedSystemOptions,
  log: Logger,
): Promise<SimulatedSystem> {
  const { clock } = world.internet;
  const collaborators = await clock.drive(world.prepare());
  const engine = new ReverseTracerouteEngine({ plan: options.plan ?? defaultPlan }, collaborators);
  const database = await openDatabase(parseDatabaseSettings(options.database));
  const facts = simulatedFacts(world.internet, { ipToAs: world.ipToAs, asNames: world.data.asNames });
  const { host, port, concurrency, maxBatch = 20_000 } = options;
  const controller = await Controller.create(
    { host, port, publicUrl: undefined, concurrency, maxBatch },
    { database, engine, facts, log },
  );
  for (const { address, hostname, site } of world.sources) {
    await controller.sources.put({ address: formatIpv4(address), hostname, site });
  }
  const user = await controller.users.ensure({
    name: 'Demo',
    email: 'demo@revtr.example',
    role: 'operator',
    max_per_day: UNLIMITED,
    max_parallel: UNLIMITED,
    max_per_minute: UNLIMITED,
  });
  const key = await controller.users.issueKey(user.id);
  if (options.realTime) clock.pace();
  const over = new AbortController();
  const driving = clock.runUntil(over.signal);
  const url = await controller.start();
  const stop = async (): Promise<void> => {
    await controller.stop();
    over.abort();
    await driving;
    await database.close();
  };
  return { url, key, controller, stop };
}
