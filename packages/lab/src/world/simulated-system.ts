import { formatIpv4 } from '@revtr/net';
import type { Logger } from 'pino';
import { simulatedFacts } from './simulated-facts.ts';
import { simulatedMeasuring } from './simulated-measuring.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { type System, type SystemOptions, startSystem } from './system.ts';

export interface SimulatedSystemOptions extends Omit<SystemOptions, 'sources'> {
  /** Whether, after the preparation, simulated time passes as fast as real time. */
  readonly realTime: boolean;
  /** Ends the preparation early: the start then rejects with `cancelled`. */
  readonly signal?: AbortSignal;
}

/** Prepares the world and starts the whole system on it. */
export async function startSimulatedSystem(
  world: SimulatedWorld,
  options: SimulatedSystemOptions,
  log: Logger,
): Promise<System> {
  const { clock } = world.internet;
  const network = await clock.drive(world.prepare(options.signal));
  const facts = simulatedFacts(world.internet, { ipToAs: world.ipToAs, asNames: world.data.asNames });
  const sources = world.sources.map(({ address, hostname, site }) => ({
    address: formatIpv4(address),
    hostname,
    site,
  }));
  if (options.realTime) clock.pace();
  const over = new AbortController();
  const driving = clock.runUntil(over.signal);
  const stopDriving = (): Promise<void> => {
    over.abort();
    return driving;
  };
  try {
    const system = await startSystem(
      { ...options, sources },
      {
        measuring: simulatedMeasuring(network, world.vantagePoints),
        facts,
        targetPolicy: world.targetPolicy,
        log,
      },
    );
    return { ...system, stop: () => system.stop().then(stopDriving) };
  } catch (error) {
    await stopDriving();
    throw error;
  }
}
