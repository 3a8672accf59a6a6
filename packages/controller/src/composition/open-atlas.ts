import { Atlases, AtlasRuns } from '@revtr/storage';
import { AtlasService } from '../atlas/atlas-service.ts';
import { Refresher } from '../atlas/refresher.ts';
import { RipeAtlasAccess, type RipeAtlasSettings } from '../atlas/ripe-access.ts';
import type { Context } from './context.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { Subsystem } from './subsystem.ts';

export interface AtlasSubsystem extends Subsystem {
  readonly service: AtlasService;
}

const REFRESH_POLL_MS = 300_000;
const FORGET_MS = 7 * 86_400_000;

/** Reads the stored atlases of all sources, and opens what collects and refreshes them. */
export async function openAtlas(
  { database, datasets, clock, random, log }: Context,
  { system, directory }: MeasuringSubsystem,
  ripeAtlas: RipeAtlasSettings | undefined,
): Promise<AtlasSubsystem> {
  const { engineParts } = system;
  const runs = new AtlasRuns(database.db);
  const origins = () => system.vantagePoints();
  const service = new AtlasService({
    engineParts,
    records: new Atlases(database.db),
    runs,
    origins,
    ripe: ripeAtlas && new RipeAtlasAccess(ripeAtlas, { clock: engineParts.clock, random, fetch }),
    importedProbes: () => datasets.knowledge.ripeProbes,
    clock,
    random,
    log,
  });
  const refresher = new Refresher(
    {
      pollMs: REFRESH_POLL_MS,
      forgetMs: FORGET_MS,
      creditsPerDay: ripeAtlas?.key === undefined ? 0 : ripeAtlas.refreshCreditsPerDay,
    },
    {
      service,
      atlas: engineParts.atlas,
      runs,
      clock,
      atlasClock: engineParts.clock,
      origins,
      sources: () => system.sources(),
      log,
    },
  );
  datasets.knowledge.onAliases(() => engineParts.atlas.rebuild());
  const sources = directory.list().filter(({ kind, state }) => kind === 'source' && state !== 'withdrawn');
  await service.restore(sources.map(({ address }) => address));
  return {
    name: 'atlas',
    service,
    start: () => undefined,
    onAgentsSettled: async () => {
      refresher.start();
      await service.resume();
    },
    stop: async () => {
      await refresher.stop();
      await service.stop();
    },
  };
}
