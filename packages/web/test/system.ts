import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { buildWeb, WEB_DIRECTORY } from '../build/build.ts';

/** The demo system: the whole system on a small simulated Internet, with the web interface. */
export interface DemoSystem {
  readonly url: string;
  readonly key: string;
  /** Dotted quads. */
  readonly source: string;
  readonly destinations: readonly string[];
  /** A simulated host that is no source. Its agent connects as soon as the controller has registered it. */
  readonly spareHost: string;
  stop(): Promise<void>;
}

/** How a demo system differs from the usual. */
export interface DemoOptions {
  readonly port?: number;
  /** Database setting. Default: it stores nothing. */
  readonly database?: string;
  /** Self-audits in a day. Default: none. */
  readonly selfAuditsPerDay?: number;
}

/** Time that the preparation of the simulation may take in virtual time, milliseconds. */
const HEAD_START_MS = 3_600_000;

const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** Builds the web interface, and starts a system that also measures for visitors, and in which everybody may register. Its time is real time. */
export async function startDemoSystem(options: DemoOptions = {}): Promise<DemoSystem> {
  const { port = 0, database = 'memory:', selfAuditsPerDay } = options;
  await buildWeb();
  const world = new SimulatedWorld({
    parameters: simParameters('small', 3),
    sources: 2,
    startMs: Date.now() - HEAD_START_MS,
  });
  const system = await startSimulatedSystem(
    world,
    {
      host: '127.0.0.1',
      port,
      database,
      concurrency: 100,
      maxBatch: 20_000,
      realTime: true,
      isLive: true,
      webDirectory: WEB_DIRECTORY,
      visitorMeasurementsPerDay: 1_000,
      selfRegistration: true,
      ...(selfAuditsPerDay !== undefined && { selfAudit: { perDay: selfAuditsPerDay, pairPauseMs: 0 } }),
    },
    pino({ level: 'fatal' }),
  );
  const destinations = [...new Set(world.randomPairs(400).map(({ destination }) => dotted(destination)))];
  const used = new Set(world.sources.map(({ address }) => address));
  const spare = world.internet.places.sources.find(
    ({ address, asn }) => !used.has(address) && world.ipToAs.originOf(address) === asn,
  );
  if (spare === undefined) throw new Error('all simulated hosts are sources');
  return { ...system, source: dotted(world.sources[0].address), destinations, spareHost: dotted(spare.address) };
}
