import { randomUUID } from 'node:crypto';
import { type EngineCollaborators, idlePaths } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, orCancelled, type Random } from '@revtr/probing';
import { creditsPerTraceroute, type RipeProbe } from '@revtr/ripe-atlas';
import type { Atlases, AtlasRuns } from '@revtr/storage';
import type { Logger } from 'pino';
import { ControllerError } from '../foundation/errors.ts';
import { AtlasKeeper } from './atlas-keeper.ts';
import { carryOut } from './atlas-run.ts';
import { chooseProbes } from './probe-choice.ts';
import type { RipeAtlasAccess } from './ripe-access.ts';
import { PACKETS } from './ripe-collection.ts';
import { type AtlasRun, beginRun, type Payer, type RunCause, RunRecord } from './run-record.ts';

export interface AtlasServiceCollaborators {
  readonly engineParts: EngineCollaborators;
  /** The controller's clock, which decides when changes are stored. */
  readonly clock: Clock;
  readonly records: Atlases;
  readonly runs: AtlasRuns;
  /** Vantage points that send traceroutes now. */
  readonly origins: () => readonly Ipv4Address[];
  /** RIPE Atlas; `undefined` where it is not used. */
  readonly ripe: RipeAtlasAccess | undefined;
  /** Probes of a list that was imported; empty where none was. */
  readonly importedProbes: () => readonly RipeProbe[];
  readonly random: Random;
  readonly log: Logger;
}

/** Who asks for a run. */
export interface Asker {
  readonly userId: number;
  /** The user's own RIPE Atlas key: it is used for this run and not kept. */
  readonly ripeKey: string | undefined;
}

/** What a run would measure and cost. */
export interface Estimate {
  readonly payer: Payer;
  readonly probes: number;
  readonly credits: number;
  /** Why nobody pays for RIPE Atlas, where nobody does. */
  readonly note?: string;
}

interface UnderWay {
  readonly run: RunRecord;
  /** The payer's RIPE Atlas key, held while the run is under way. */
  readonly key: string | undefined;
  readonly over: AbortController;
  readonly ended: Promise<void>;
}

/** Whether a run measures the whole atlas, not chosen paths of it. */
const isWhole = ({ cause }: RunRecord): boolean => cause === 'asked' || cause === 'new';

const noteFor = (hasSystemKey: boolean): string =>
  hasSystemKey
    ? 'the system has paid for the first run: send a RIPE-Key for new traceroutes of RIPE Atlas'
    : 'the system has no RIPE Atlas key: send a RIPE-Key for traceroutes of RIPE Atlas';

const LIST_MS = 60_000;
const KEEP_DELAY_MS = 1_000;
const RUNS_SHOWN = 20;
/** A probe whose path nobody has met for so long has added nothing, milliseconds. */
const IDLE_MS = 86_400_000;

/** Collects the atlas of each source in the background, one run a source at a time, and goes on with it after a restart. */
export class AtlasService {
  readonly #collaborators: AtlasServiceCollaborators;
  readonly #keeper: AtlasKeeper;
  readonly #underWay = new Map<Ipv4Address, UnderWay>();
  /** Of each source, so that two requests at once do not begin two runs. */
  readonly #beginning = new Map<Ipv4Address, Promise<AtlasRun>>();
  #isStopping = false;

  constructor(collaborators: AtlasServiceCollaborators) {
    this.#collaborators = collaborators;
    const { engineParts, records, clock, log } = collaborators;
    this.#keeper = new AtlasKeeper({ delayMs: KEEP_DELAY_MS }, { atlas: engineParts.atlas, records, clock, log });
  }

  /** Reads what is stored of the atlases of sources: to be called at the start. */
  async restore(sources: readonly Ipv4Address[]): Promise<void> {
    await this.#keeper.open(sources);
  }

  /** Goes on with the runs that a stop or a crash has interrupted. */
  async resume(): Promise<void> {
    const { runs, log, ripe, engineParts } = this.#collaborators;
    for (const row of await runs.open()) {
      try {
        const run = new RunRecord(row, runs);
        log.info({ run: run.id, source: row.source, phase: run.details.phase }, 'going on with an atlas run');
        this.#carryOut(run, run.payer === 'system' ? ripe?.settings.key : undefined);
      } catch (error) {
        log.error({ err: error, run: row.id }, 'an atlas run cannot be gone on with');
        await runs.change(row.id, {
          state: 'failed',
          reason: 'what was stored of the run cannot be read',
          ended_at: new Date(engineParts.clock.now()),
        });
      }
    }
  }

  /** What a run that somebody asks for now would measure and cost. @throws {ControllerError} `conflict`, {RipeAtlasError} */
  async estimate(source: Ipv4Address, asker: Asker | undefined): Promise<Estimate> {
    const { ripe } = this.#collaborators;
    const payer = await this.#payerOf(source, asker);
    if (ripe === undefined) return { payer, probes: 0, credits: 0 };
    if (payer === 'nobody') return { payer, probes: 0, credits: 0, note: noteFor(ripe.settings.key !== undefined) };
    const available = await ripe.probes(this.#collaborators.importedProbes(), AbortSignal.timeout(LIST_MS));
    const usable = available.filter(({ isConnected, asn }) => isConnected && asn !== null).length;
    const probes = Math.min(usable, ripe.settings.probes);
    return { payer, probes, credits: probes * creditsPerTraceroute(PACKETS) };
  }

  /** Begins a run that a user asks for, or joins the one under way. @throws {ControllerError} `conflict` */
  async run(source: Ipv4Address, asker: Asker): Promise<AtlasRun> {
    return this.#begin(source, 'asked', asker);
  }

  /**
   * Measures the atlas of a new source. Resolves when the run has ended, successfully or not.
   * @throws {ProbingError} `cancelled` when `signal` fires first; the run goes on
   */
  async collect(source: Ipv4Address, signal: AbortSignal): Promise<AtlasRun> {
    const { id } = await this.#begin(source, 'new', undefined);
    return this.#ended(source, id, signal);
  }

  /**
   * Adds the traceroutes of vantage points that have connected since the last run, once the run under way has ended.
   * @throws {ProbingError} `cancelled` when `signal` fires first; the run goes on
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

  /** Measures chosen paths again. */
  async refresh(source: Ipv4Address, origins: readonly Ipv4Address[], probes: readonly number[]): Promise<void> {
    if (this.#isBusy(source)) return;
    const payer = probes.length > 0 ? 'system' : 'nobody';
    await this.#start(source, { cause: 'refresh', payer, origins, probes });
  }

  /** Ends the run of a source that is under way, on RIPE Atlas as well. Returns whether there was one. */
  async cancel(source: Ipv4Address): Promise<boolean> {
    const underWay = this.#underWay.get(source);
    if (underWay === undefined) return false;
    await this.#end(underWay, 'cancelled by its owner');
    return true;
  }

  async #end(underWay: UnderWay, reason: string): Promise<void> {
    underWay.over.abort();
    await underWay.ended;
    await underWay.run.end('cancelled', this.#collaborators.engineParts.clock.now(), reason);
    await this.#stopMeasurements(underWay);
  }

  /** Resolves when no run of a source is under way. */
  async idle(source: Ipv4Address): Promise<void> {
    await this.#beginning.get(source);
    await this.#underWay.get(source)?.ended;
  }

  /** The latest runs of a source, latest first. */
  async runsOf(source: Ipv4Address): Promise<AtlasRun[]> {
    const { runs } = this.#collaborators;
    const underWay = this.#underWay.get(source)?.run;
    const rows = await runs.of(formatIpv4(source), RUNS_SHOWN);
    return rows.map((row) => (row.id === underWay?.id ? underWay : new RunRecord(row, runs)).show());
  }

  /** Traceroutes held towards a source; what reverse traceroutes have added does not count. */
  size(source: Ipv4Address): number {
    return this.#collaborators.engineParts.atlas.of(source)?.measuredPaths().length ?? 0;
  }

  /** Forgets the atlas of a source. */
  async clean(source: Ipv4Address): Promise<void> {
    await this.#keeper.clear(source);
  }

  /** Ends runs under way; they go on at the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { over } of this.#underWay.values()) over.abort();
    await Promise.all([...this.#underWay.values()].map(({ ended }) => ended));
    await this.#keeper.flush();
  }

  #isBusy(source: Ipv4Address): boolean {
    return this.#underWay.has(source) || this.#beginning.has(source);
  }

  #begin(source: Ipv4Address, cause: RunCause, asker: Asker | undefined): Promise<AtlasRun> {
    const known = this.#underWay.get(source);
    if (known !== undefined && isWhole(known.run)) return Promise.resolve(known.run.show());
    const beginning = this.#beginning.get(source) ?? this.#choose(source, cause, asker, known);
    this.#beginning.set(source, beginning);
    return beginning.finally(() => this.#beginning.delete(source));
  }

  async #choose(
    source: Ipv4Address,
    cause: RunCause,
    asker: Asker | undefined,
    partial: UnderWay | undefined,
  ): Promise<AtlasRun> {
    const payer = await this.#payerOf(source, asker);
    // What a run of some paths would have measured, a whole one does.
    if (partial !== undefined) await this.#end(partial, 'made way for a whole run');
    const origins = this.#collaborators.origins().filter((origin) => origin !== source);
    return this.#start(source, { cause, payer, origins, probes: [] }, asker);
  }

  /** Probes for a whole run: the useful ones of the last one again, others for those that added nothing. */
  async #probesFor(source: Ipv4Address, signal: AbortSignal): Promise<number[]> {
    const { ripe, engineParts, importedProbes, random } = this.#collaborators;
    if (ripe === undefined) return [];
    const available = await ripe.probes(importedProbes(), signal);
    const known = engineParts.atlas.of(source);
    const idle = known === undefined ? [] : idlePaths(known, engineParts.clock.now(), IDLE_MS);
    const avoid = new Set(idle.flatMap(({ probe }) => probe ?? []));
    const before = engineParts.atlas.traceroutesTo(source).flatMap(({ probe }) => probe ?? []);
    const keep = new Set(before.filter((probe) => !avoid.has(probe)));
    return chooseProbes(available, { count: ripe.settings.probes, keep, avoid }, random).map(({ id }) => id);
  }

  /** The system pays for the first run of a source, users for later ones. @throws {ControllerError} `conflict` */
  async #payerOf(source: Ipv4Address, asker: Asker | undefined): Promise<Payer> {
    const { ripe, runs } = this.#collaborators;
    if (asker?.ripeKey !== undefined) {
      if (ripe !== undefined) return 'user';
      throw new ControllerError('conflict', 'this system does not use RIPE Atlas; ask without a RIPE-Key');
    }
    if (ripe?.settings.key === undefined) return 'nobody';
    return (await runs.systemHasPaid(formatIpv4(source))) ? 'nobody' : 'system';
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
      estimatedCredits: what.probes.length * creditsPerTraceroute(PACKETS),
      tag: `revtr-${randomUUID()}`,
      at: engineParts.clock.now(),
    });
    this.#carryOut(run, what.payer === 'system' ? ripe?.settings.key : asker?.ripeKey);
    return run.show();
  }

  #carryOut(run: RunRecord, key: string | undefined): void {
    const over = new AbortController();
    const { log } = this.#collaborators;
    const collaborators = {
      ...this.#collaborators,
      chooseProbes: (signal: AbortSignal) => this.#probesFor(run.source, signal),
      stored: () => this.#keeper.flush(),
    };
    const ended = carryOut(run, key, collaborators, over.signal)
      .catch((error: unknown) => {
        if (!over.signal.aborted) log.error({ err: error, run: run.id }, 'an atlas run broke');
        else if (this.#isStopping) return run.save();
        return undefined;
      })
      .catch((error: unknown) => log.error({ err: error, run: run.id }, 'an atlas run could not be stored'))
      .finally(() => this.#underWay.delete(run.source));
    this.#underWay.set(run.source, { run, key, over, ended });
  }

  async #ended(source: Ipv4Address, id: number, signal: AbortSignal): Promise<AtlasRun> {
    const underWay = this.#underWay.get(source);
    await orCancelled(underWay?.ended ?? Promise.resolve(), signal);
    if (underWay?.run.id === id) return underWay.run.show();
    const run = (await this.runsOf(source)).find((other) => other.id === id);
    if (run === undefined) throw new ControllerError('internal', `the atlas run ${id} is not stored`);
    return run;
  }

  async #stopMeasurements({ run: { details, id }, key }: UnderWay): Promise<void> {
    const { ripe, log } = this.#collaborators;
    if (ripe === undefined || key === undefined) return;
    const client = ripe.client(key);
    for (const measurement of details.measurements)
      await client
        .stop(measurement)
        .catch((error: unknown) =>
          log.warn({ err: error, run: id, measurement }, 'a measurement could not be stopped'),
        );
  }
}
