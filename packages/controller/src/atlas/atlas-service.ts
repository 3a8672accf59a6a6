import { randomUUID } from 'node:crypto';
import type { EngineCollaborators } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, orCancelled, type Random } from '@revtr/probing';
import { creditsPerTraceroute, type RipeProbe } from '@revtr/ripe-atlas';
import type { Atlases, AtlasRuns } from '@revtr/storage';
import type { Logger } from 'pino';
import type { RecordedWork } from '../audit/recorded-work.ts';
import { ControllerError } from '../foundation/errors.ts';
import { AtlasKeeper } from './atlas-keeper.ts';
import type { RipeAtlasAccess } from './ripe-access.ts';
import { PACKETS } from './ripe-measurements.ts';
import { type Asker, type Estimate, RunPlanner } from './run-planner.ts';
import { type AtlasRun, beginRun, type Payer, type RunCause, RunRecord } from './run-record.ts';
import { RunsUnderWay } from './runs-under-way.ts';

export interface AtlasServiceCollaborators {
  readonly engineParts: EngineCollaborators;
  /** The controller's clock, which decides when changes are stored. */
  readonly clock: Clock;
  readonly records: Atlases;
  readonly runs: AtlasRuns;
  /** Vantage points that can send traceroutes now. */
  readonly origins: () => readonly Ipv4Address[];
  /** RIPE Atlas; `undefined` when it is not used. */
  readonly ripe: RipeAtlasAccess | undefined;
  /** RIPE Atlas probes from an imported list; empty when no list was imported. */
  readonly importedProbes: () => readonly RipeProbe[];
  readonly random: Random;
  readonly log: Logger;
  /** What sends the probes of a run, other than RIPE Atlas, waits while they cannot be recorded. Default: they always can. */
  readonly recorded?: Pick<RecordedWork, 'run'> | undefined;
  /** The process whose leases must cover the sources of stored atlases. Default: no lease is needed. */
  readonly owner?: string | undefined;
}

/** Whether a run measures the whole atlas, not selected paths of it. */
const isWhole = ({ cause }: RunRecord): boolean => cause === 'asked' || cause === 'new';

const KEEP_DELAY_MS = 1_000;
const RUNS_SHOWN = 20;
const DAY_MS = 86_400_000;

/** Collects the atlas of each source in the background, with one run per source at a time, and continues runs after a restart. */
export class AtlasService {
  readonly #collaborators: AtlasServiceCollaborators;
  readonly #keeper: AtlasKeeper;
  readonly #planner: RunPlanner;
  readonly #underWay: RunsUnderWay;
  /** Runs that are being begun, by source: two requests at the same time must not begin two runs. */
  readonly #beginning = new Map<Ipv4Address, Promise<AtlasRun>>();

  constructor(collaborators: AtlasServiceCollaborators) {
    this.#collaborators = collaborators;
    const { engineParts, records, clock, log } = collaborators;
    this.#keeper = new AtlasKeeper(
      { delayMs: KEEP_DELAY_MS, owner: collaborators.owner },
      { atlas: engineParts.atlas, records, clock, log },
    );
    this.#planner = new RunPlanner(collaborators);
    this.#underWay = new RunsUnderWay({
      ...collaborators,
      probesFor: (source, signal) => this.#planner.probesFor(source, signal),
      stored: () => this.#keeper.flush(),
    });
  }

  /** Reads the stored atlases of sources. The controller calls it once, at the start. */
  async restore(sources: readonly Ipv4Address[]): Promise<void> {
    await this.#keeper.open(sources);
  }

  /** Continues the runs that a stop or a crash interrupted: all, or those of one source. */
  async resume(source?: Ipv4Address): Promise<void> {
    await this.#underWay.resume(source);
  }

  /** Reads the stored atlas of a source that this process owns from now on. */
  async load(source: Ipv4Address): Promise<void> {
    await this.#keeper.load(source);
  }

  /**
   * Interrupts the run of a source, and drops its atlas from memory, because another process owns the source from now on. What is not stored yet is stored
   * first, unless `isLost`.
   */
  async unload(source: Ipv4Address, isLost: boolean): Promise<void> {
    await this.#underWay.interrupt(source, isLost);
    await this.#keeper.unload(source, isLost);
  }

  /** What a run that `asker` starts now would measure and cost. @throws {ControllerError} `conflict`, {RipeAtlasError} */
  async estimate(source: Ipv4Address, asker: Asker | undefined): Promise<Estimate> {
    return this.#planner.estimate(source, asker);
  }

  /**
   * Begins a run that a user requests, or joins the run under way.
   * @throws {ControllerError} `badRequest` when RIPE Atlas does not know the asker's key; `upstreamFailed` when RIPE Atlas cannot be asked;
   * `conflict` when the run under way cannot use the key
   */
  async run(source: Ipv4Address, asker: Asker): Promise<AtlasRun> {
    const { ripeKey } = asker;
    if (ripeKey !== undefined && !this.#underWay.usesKey(source, ripeKey)) {
      await this.#planner.checkKey(ripeKey);
      this.#refuseUnusedKey(source, ripeKey);
    }
    const run = await this.#begin(source, 'asked', asker);
    this.#refuseUnusedKey(source, ripeKey);
    return run;
  }

  /**
   * Measures the atlas of a new source. Resolves when the run has ended, successfully or not.
   * @throws {ProbingError} `cancelled` when `signal` fires first; the run continues
   */
  async collect(source: Ipv4Address, signal: AbortSignal): Promise<AtlasRun> {
    const { id } = await this.#begin(source, 'new', undefined);
    return this.#ended(source, id, signal);
  }

  /**
   * Adds the traceroutes of vantage points that have connected since the last run, once the run under way has ended.
   * @throws {ProbingError} `cancelled` when `signal` fires first; the run continues
   */
  async catchUp(source: Ipv4Address, signal: AbortSignal): Promise<void> {
    await orCancelled(this.idle(source), signal);
    const { engineParts, origins } = this.#collaborators;
    const known = new Set(engineParts.atlas.traceroutesTo(source).map(({ origin }) => origin));
    const missing = origins().filter((origin) => !known.has(origin) && origin !== source);
    if (missing.length === 0) return;
    const { id } = await this.#start(source, { cause: 'catchUp', payer: 'nobody', origins: missing, probes: [] });
    await this.#ended(source, id, signal);
  }

  /** Measures selected paths again. Does nothing while another run of the source is under way. */
  async refresh(source: Ipv4Address, origins: readonly Ipv4Address[], probes: readonly number[]): Promise<void> {
    if (this.#underWay.of(source) !== undefined || this.#beginning.has(source)) return;
    const payer = probes.length > 0 ? 'system' : 'nobody';
    await this.#start(source, { cause: 'refresh', payer, origins, probes });
  }

  /** Ends the run of a source that is under way, on RIPE Atlas as well. Returns whether there was one. */
  async cancel(source: Ipv4Address): Promise<boolean> {
    return this.#underWay.cancel(source, 'cancelled by its owner');
  }

  /** Resolves when no run of a source is under way. */
  async idle(source: Ipv4Address): Promise<void> {
    await this.#beginning.get(source);
    await this.#underWay.ended(source);
  }

  /** The latest runs of a source, latest first. */
  async runsOf(source: Ipv4Address): Promise<AtlasRun[]> {
    const { runs } = this.#collaborators;
    const underWay = this.#underWay.of(source);
    const rows = await runs.of(formatIpv4(source), RUNS_SHOWN);
    return rows.map((row) => (row.id === underWay?.id ? underWay : new RunRecord(row, runs)).show());
  }

  /** Traceroutes to a source that measurements asked RIPE Atlas for within 24 hours, and their credits. */
  async onDemandOf(source: Ipv4Address): Promise<{ readonly traceroutes: number; readonly credits: number }> {
    const { runs, engineParts } = this.#collaborators;
    const since = new Date(engineParts.clock.now() - DAY_MS);
    const { runs: traceroutes, credits } = await runs.paidSince('onDemand', since, { source: formatIpv4(source) });
    return { traceroutes, credits };
  }

  /** How many measured traceroutes the atlas of a source holds. Paths that reverse traceroutes added do not count. */
  size(source: Ipv4Address): number {
    return this.#collaborators.engineParts.atlas.of(source)?.measuredPaths().length ?? 0;
  }

  /** Deletes the atlas of a source. */
  async clean(source: Ipv4Address): Promise<void> {
    await this.#keeper.clear(source);
  }

  /** Interrupts the runs under way, which continue after the next start, and stores all changes. */
  async stop(): Promise<void> {
    await this.#underWay.stop();
    await this.#keeper.flush();
  }

  /** A run keeps the key with which it began. @throws {ControllerError} `conflict` when the run under way uses another key, or none */
  #refuseUnusedKey(source: Ipv4Address, ripeKey: string | undefined): void {
    const run = this.#underWay.of(source);
    if (ripeKey === undefined || run === undefined || !isWhole(run) || this.#underWay.usesKey(source, ripeKey)) return;
    throw new ControllerError(
      'conflict',
      `Atlas run ${run.id} of this source is under way and does not use your RIPE-Key. Send the request again when the run has ended.`,
    );
  }

  #begin(source: Ipv4Address, cause: RunCause, asker: Asker | undefined): Promise<AtlasRun> {
    const known = this.#underWay.of(source);
    if (known !== undefined && isWhole(known)) return Promise.resolve(known.show());
    const beginning = this.#beginning.get(source) ?? this.#replacePartial(source, cause, asker);
    this.#beginning.set(source, beginning);
    return beginning.finally(() => this.#beginning.delete(source));
  }

  /** Begins a run of the whole atlas. A run of selected paths ends first, because the new run measures these paths too. */
  async #replacePartial(source: Ipv4Address, cause: RunCause, asker: Asker | undefined): Promise<AtlasRun> {
    const payer = await this.#planner.payerOf(source, asker);
    await this.#underWay.cancel(source, 'replaced by a run of the whole atlas');
    const origins = this.#collaborators.origins().filter((origin) => origin !== source);
    return this.#start(source, { cause, payer, origins, probes: [] }, asker);
  }

  async #start(
    source: Ipv4Address,
    what: {
      readonly cause: RunCause;
      readonly payer: Payer;
      readonly origins: readonly Ipv4Address[];
      readonly probes: readonly number[];
    },
    asker?: Asker,
  ): Promise<AtlasRun> {
    const { runs, engineParts, ripe } = this.#collaborators;
    const run = await beginRun(runs, {
      ...what,
      source,
      userId: asker?.userId,
      keyId: asker?.keyId ?? undefined,
      estimatedCredits: what.probes.length * creditsPerTraceroute(PACKETS),
      tag: `revtr-${randomUUID()}`,
      at: engineParts.clock.now(),
    });
    this.#underWay.begin(run, what.payer === 'system' ? ripe?.settings.key : asker?.ripeKey);
    return run.show();
  }

  async #ended(source: Ipv4Address, id: number, signal: AbortSignal): Promise<AtlasRun> {
    const run = this.#underWay.of(source);
    await orCancelled(this.#underWay.ended(source), signal);
    if (run?.id === id) return run.show();
    const stored = (await this.runsOf(source)).find((other) => other.id === id);
    if (stored === undefined) throw new ControllerError('internal', `The atlas run ${id} is not stored.`);
    return stored;
  }
}
