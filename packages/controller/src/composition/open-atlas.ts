import type { Owners } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { Atlases, AtlasRuns } from '@revtr/storage';
import { AtlasService } from '../atlas/atlas-service.ts';
import { OwnersPass } from '../atlas/owners-pass.ts';
import { Refresher } from '../atlas/refresher.ts';
import { sharedAtlases } from '../atlas/remote/shared-atlases.ts';
import { RipeAtlasAccess, type RipeAtlasSettings } from '../atlas/ripe-access.ts';
import { localAtlases, type SourceAtlases } from '../atlas/source-atlases.ts';
import { TraceroutesOnDemand } from '../atlas/traceroutes-on-demand.ts';
import type { RecordedWork } from '../audit/recorded-work.ts';
import type { Retention } from '../retention/retention.ts';
import type { Context } from './context.ts';
import type { MeasuringSubsystem } from './open-measuring.ts';
import type { Subsystem } from './subsystem.ts';

export interface AtlasSubsystem extends Subsystem {
  readonly service: AtlasService;
  /** The atlases that this process keeps, and those of all sources. */
  readonly local: SourceAtlases;
  readonly all: SourceAtlases;
  /** Which networks operate the routers on the paths of the atlas. */
  readonly owners: Owners;
  /** Asks RIPE Atlas for single traceroutes; `undefined` without a key or without credits for them. */
  readonly onDemand: TraceroutesOnDemand | undefined;
  /** Reads the stored atlas of a source that this process owns from now on, and learns from it who operates the routers. */
  load(source: Ipv4Address): Promise<void>;
}

const REFRESH_POLL_MS = 300_000;
const OWNERS_PASS = { everyMs: 300_000, restFactor: 20, mostRouters: 1_000_000 };
const DAY_MS = 86_400_000;
/** Longest time that a measurement waits for one traceroute, milliseconds. */
const ON_DEMAND_WAIT_MS = 120_000;

/** Reads the stored atlases of all sources, and opens what collects and refreshes them. */
export async function openAtlas(
  { database, datasets, clock, random, log, cluster }: Context,
  {
    measuring: { system, directory },
    recorded,
  }: { readonly measuring: MeasuringSubsystem; readonly recorded: RecordedWork },
  ripeAtlas: RipeAtlasSettings | undefined,
  owns: (source: Ipv4Address) => boolean,
  /** How long paths and alias evidence are kept. */
  keep: Pick<Retention, 'atlasDays' | 'aliasEvidenceDays'>,
): Promise<AtlasSubsystem> {
  const { isShared, bus } = cluster;
  const { engineParts } = system;
  const owner = isShared ? bus.id : undefined;
  const runs = new AtlasRuns(database.db, { owner });
  const origins = () => system.vantagePoints();
  const ripe = ripeAtlas && new RipeAtlasAccess(ripeAtlas, { clock: engineParts.clock, random, fetch });
  const importedProbes = () => datasets.knowledge.ripeProbes;
  const creditsPerDay = ripe?.settings.key === undefined ? 0 : ripe.settings.onDemandCreditsPerDay;
  const onDemand =
    ripe === undefined || creditsPerDay === 0
      ? undefined
      : new TraceroutesOnDemand(
          { creditsPerDay, waitMs: ON_DEMAND_WAIT_MS },
          // What a traceroute cost is recorded also by an engine that has lost the source, because no other one continues it.
          { engineParts, clock, runs: new AtlasRuns(database.db), ripe, importedProbes, random, log },
        );
  const service = new AtlasService({
    engineParts,
    records: new Atlases(database.db),
    runs,
    origins,
    ripe,
    importedProbes,
    clock,
    random,
    log,
    recorded,
    owner,
  });
  const refresher = new Refresher(
    {
      pollMs: REFRESH_POLL_MS,
      forgetMs: keep.atlasDays * DAY_MS,
      forgetEvidenceMs: keep.aliasEvidenceDays * DAY_MS,
      creditsPerDay: ripeAtlas?.key === undefined ? 0 : ripeAtlas.refreshCreditsPerDay,
    },
    {
      service,
      atlas: engineParts.atlas,
      runs,
      clock,
      atlasClock: engineParts.clock,
      origins,
      sources: () => system.sources().filter(owns),
      log,
    },
  );
  const { atlas, aliases, ipToAs, relations } = engineParts;
  const ownersPass = new OwnersPass(OWNERS_PASS, { atlas, aliases, ipToAs, relations, clock, log });
  datasets.knowledge.onAliases(() => engineParts.atlas.rebuild());
  datasets.store.onReplaced(() => engineParts.atlas.forgetNetworks());
  // In a cluster, the atlas of a source is read when this process owns the source.
  await service.restore(isShared ? [] : directory.registeredSources().map(({ address }) => address));
  const local = localAtlases(service, engineParts);
  return {
    name: 'atlas',
    service,
    local,
    all: isShared ? sharedAtlases({ bus, owns, local, stored: service, clock }) : local,
    owners: ownersPass.owners,
    onDemand,
    load: async (source) => {
      await service.load(source);
      ownersPass.wake();
    },
    start: () => undefined,
    onAgentsSettled: async () => {
      refresher.start();
      ownersPass.start();
      if (isShared) return;
      await onDemand?.closeInterrupted();
      await service.resume();
    },
    stop: async () => {
      await refresher.stop();
      await ownersPass.stop();
      await onDemand?.stop();
      await service.stop();
    },
  };
}
