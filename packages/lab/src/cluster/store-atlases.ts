import { AtlasKeeper } from '@revtr/controller';
import { Atlas, collectTails, collectTraceroutes, defaultPlan } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { Atlases, openDatabase, parseDatabaseSettings } from '@revtr/storage';
import { pino } from 'pino';
import type { SimulatedWorld } from '../world/simulated-world.ts';

const COMMON = { concurrency: 2_000, timeoutMs: 2_000, spoofersPerHop: 1 };

/**
 * Collects the atlases of all sources from vantage points in virtual time, which takes seconds, and writes them into the database. The time of the
 * world must be about that of the controller, which does not use an old atlas.
 */
export async function storeAtlases(
  url: string,
  world: SimulatedWorld,
  vantagePoints: readonly Ipv4Address[],
): Promise<void> {
  const { internet, prober, aliases, ipToAs, targetPolicy } = world;
  const { clock } = internet;
  const atlas = new Atlas({ aliases, ipToAs });
  const sources = world.sources.map(({ address }) => address);
  const ranking = defaultPlan.ranking({ vantagePoints }, { ipToAs, clock });
  const origins = vantagePoints.map((address) => ({ address, platform: 'vantagePoint' as const }));
  const facts = { aliases, ipToAs, useHeuristics: true };
  const mayProbe = (address: Ipv4Address): boolean => targetPolicy.mayProbe(address);
  const collect = async (): Promise<void> => {
    for (const source of sources) {
      await collectTraceroutes({ source, ...COMMON }, origins, { prober, atlas });
      await collectTails({ source, ...COMMON }, clock.now(), { prober, clock, atlas, ranking, facts, mayProbe });
    }
  };
  await clock.drive(collect());
  const database = await openDatabase(parseDatabaseSettings(url));
  try {
    const log = pino({ level: 'error' });
    await new AtlasKeeper({ delayMs: 0 }, { atlas, records: new Atlases(database.db), clock, log }).open(sources);
  } finally {
    await database.close();
  }
}
