import { randomUUID } from 'node:crypto';
import type { AskedTraceroute, AskTraceroute, AtlasTraceroute, EngineCollaborators } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Clock, cancelled, type Random } from '@revtr/probing';
import { creditsPerTraceroute, RipeAtlasError, type RipeAtlasErrorCode, type RipeProbe } from '@revtr/ripe-atlas';
import type { AtlasRuns } from '@revtr/storage';
import type { Logger } from 'pino';
import { Turns } from '../foundation/turns.ts';
import { nearestProbe } from './nearest-probe.ts';
import type { RipeAtlasAccess } from './ripe-access.ts';
import { createMeasurements, PACKETS, type RipePayer } from './ripe-measurements.ts';
import { gatherResults } from './ripe-results.ts';
import { beginRun, FAILED_UNEXPECTEDLY, type RunRecord } from './run-record.ts';

export interface TraceroutesOnDemandOptions {
  /** Credits that all measurements together may cost the system in 24 hours. */
  readonly creditsPerDay: number;
  /** Longest time that a measurement waits for one traceroute, milliseconds. */
  readonly waitMs: number;
}

export interface TraceroutesOnDemandCollaborators {
  readonly engineParts: Pick<EngineCollaborators, 'atlas' | 'clock' | 'ipToAs'>;
  /** The controller's clock, by which a measurement waits. */
  readonly clock: Clock;
  readonly runs: AtlasRuns;
  readonly ripe: RipeAtlasAccess;
  /** RIPE Atlas probes from an imported list; empty when no list was imported. */
  readonly importedProbes: () => readonly RipeProbe[];
  readonly random: Random;
  readonly log: Logger;
}

/** The measurement that asks. */
export interface AskingMeasurement {
  readonly measurementId: number;
  readonly userId: number;
  readonly keyId: number | undefined;
}

const DAY_MS = 86_400_000;
/** A probe whose path is younger is not asked again, milliseconds. */
const FRESH_MS = 3_600_000;
const CREDITS = creditsPerTraceroute(PACKETS);
/** Share of the credits of the day that the measurements of one user may cost. One traceroute is always allowed. */
const SHARE_PER_USER = 0.25;
/** How far the clock of a probe may be behind, milliseconds. */
const CLOCK_ERROR_MS = 60_000;
/** Answers that say that a measurement was not created. */
const REFUSALS: ReadonlySet<RipeAtlasErrorCode> = new Set([
  'badRequest',
  'forbidden',
  'notFound',
  'rateLimited',
  'quota',
  'insufficientCredits',
]);
const INTERRUPTED = 'interrupted: the process that carried it out ended, or no longer has the source';

interface UnderWay {
  /** The path; `undefined` when it did not arrive. */
  readonly arrived: Promise<AtlasTraceroute | undefined>;
}

/**
 * Asks RIPE Atlas for single traceroutes while measurements wait. Each is stored as an atlas run before it is created, with who asked and what
 * it costs. A traceroute that arrives too late for the measurement is in the atlas for the next one.
 */
export class TraceroutesOnDemand {
  readonly #options: TraceroutesOnDemandOptions;
  readonly #collaborators: TraceroutesOnDemandCollaborators;
  /** Traceroutes under way, by source and probe. */
  readonly #underWay = new Map<string, UnderWay>();
  readonly #over = new AbortController();
  /** Runs begin one after the other, because each must see what the ones before it cost. */
  readonly #turns = new Turns();

  constructor(options: TraceroutesOnDemandOptions, collaborators: TraceroutesOnDemandCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** What one measurement asks for traceroutes to its source. */
  askerFor(source: Ipv4Address, asking: AskingMeasurement): AskTraceroute {
    return async (near, signal = this.#over.signal) => {
      try {
        return await this.#ask(source, near, asking, signal);
      } catch (error) {
        if (signal.aborted) throw cancelled();
        if (error instanceof RipeAtlasError) return { detail: `RIPE Atlas: ${error.message}` };
        this.#collaborators.log.error({ err: error }, 'a traceroute on demand failed unexpectedly');
        return { detail: 'the traceroute failed unexpectedly; the operator finds the cause in the log' };
      }
    };
  }

  /** Ends the runs that a crash interrupted: all at the start, or those of a source that another process owned before. */
  async closeInterrupted(only?: Ipv4Address): Promise<void> {
    const { runs, engineParts } = this.#collaborators;
    for (const { id, cause, source, estimated_credits } of await runs.open()) {
      if (cause !== 'onDemand' || (only !== undefined && source !== formatIpv4(only))) continue;
      const ended_at = new Date(engineParts.clock.now());
      // Whether RIPE Atlas has created the measurement is unknown: the budget must not be exceeded.
      const interrupted = { state: 'failed', reason: INTERRUPTED, spent_credits: estimated_credits, ended_at } as const;
      await runs.change(id, interrupted);
    }
  }

  /** Interrupts the traceroutes under way. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#turns.take(() => Promise.resolve());
    await Promise.all([...this.#underWay.values()].map(({ arrived }) => arrived));
  }

  async #ask(
    source: Ipv4Address,
    near: Ipv4Address,
    asking: AskingMeasurement,
    signal: AbortSignal,
  ): Promise<AskedTraceroute> {
    const { ripe, importedProbes, engineParts } = this.#collaborators;
    const { atlas, clock, ipToAs } = engineParts;
    const asn = ipToAs.originOf(near);
    if (asn === undefined) return { detail: `the network of ${formatIpv4(near)} is unknown` };
    const probes = await ripe.probes(importedProbes(), signal);
    const fresh = atlas.traceroutesTo(source).filter(({ at }) => at > clock.now() - FRESH_MS);
    const probe = nearestProbe(probes, near, asn, new Set(fresh.flatMap(({ probe }) => probe ?? [])));
    if (probe === undefined) return { detail: `no RIPE Atlas probe of AS ${asn} is left to ask` };
    const key = `${source} ${probe.id}`;
    const underWay = this.#underWay.get(key) ?? (await this.#begin(key, source, probe.id, asking, signal));
    if (typeof underWay === 'string') return { detail: underWay };
    const path = await this.#inTime(underWay.arrived, signal);
    return path === undefined
      ? { isMissing: true, detail: `the traceroute of RIPE Atlas probe ${probe.id} did not arrive` }
      : { path, detail: `RIPE Atlas probe ${probe.id} of AS ${asn} has sent a traceroute` };
  }

  /** Waits for a traceroute as long as a measurement waits. @throws {ProbingError} `cancelled` when `signal` fires */
  async #inTime(arrived: UnderWay['arrived'], signal: AbortSignal): Promise<AtlasTraceroute | undefined> {
    const waited = new AbortController();
    const { clock } = this.#collaborators;
    const timeout = clock.sleep(this.#options.waitMs, AbortSignal.any([signal, waited.signal])).then(() => undefined);
    try {
      return await Promise.race([arrived, timeout]);
    } finally {
      timeout.catch(() => undefined);
      waited.abort();
    }
  }

  /**
   * Begins a traceroute, or joins one that has begun meanwhile. Returns the reason when the budget does not allow it.
   * @throws {ProbingError} `cancelled` when `signal` fires before that: nobody wants the traceroute any more
   */
  #begin(
    key: string,
    source: Ipv4Address,
    probe: number,
    { measurementId, userId, keyId }: AskingMeasurement,
    signal: AbortSignal,
  ): Promise<UnderWay | string> {
    const { runs, engineParts } = this.#collaborators;
    return this.#turns.take(async () => {
      if (signal.aborted) throw cancelled();
      if (this.#over.signal.aborted) return 'the controller stops';
      const known = this.#underWay.get(key);
      if (known !== undefined) return known;
      const now = engineParts.clock.now();
      const refusal = await this.#refusalFor(userId, new Date(now - DAY_MS));
      if (refusal !== undefined) return refusal;
      if (signal.aborted) throw cancelled();
      const run = await beginRun(runs, {
        source,
        userId,
        keyId,
        askedBy: measurementId,
        cause: 'onDemand',
        payer: 'system',
        estimatedCredits: CREDITS,
        origins: [],
        probes: [probe],
        tag: `revtr-${randomUUID()}`,
        at: now,
      });
      const underWay = { arrived: this.#carryOut(run).finally(() => this.#underWay.delete(key)) };
      this.#underWay.set(key, underWay);
      return underWay;
    });
  }

  async #refusalFor(userId: number, since: Date): Promise<string | undefined> {
    const { runs } = this.#collaborators;
    const { creditsPerDay } = this.#options;
    const all = await runs.paidSince('onDemand', since);
    if (all.credits + CREDITS > creditsPerDay) return 'the RIPE Atlas credits of the day are used up';
    const own = await runs.paidSince('onDemand', since, { userId });
    const isAllowed = own.credits + CREDITS <= Math.max(SHARE_PER_USER * creditsPerDay, CREDITS);
    return isAllowed ? undefined : 'your share of the RIPE Atlas credits of the day is used up';
  }

  /** Carries out a run, which always ends with a state. `undefined` when the traceroute did not arrive. */
  async #carryOut(run: RunRecord): Promise<AtlasTraceroute | undefined> {
    const { engineParts, ripe, random, log } = this.#collaborators;
    const { atlas, clock } = engineParts;
    const { signal } = this.#over;
    const client = ripe.client(ripe.settings.key);
    let isOrdered = false;
    const payer: RipePayer = {
      ownMeasurements: (tag, until) => client.ownMeasurements(tag, until),
      createTraceroute: (...order) => {
        isOrdered = true;
        return client.createTraceroute(...order);
      },
    };
    const parts = { payer, reader: client, streamUrl: ripe.settings.streamUrl, atlas, clock, random };
    const [probe] = run.details.probes;
    try {
      await run.enter('creating', 1);
      await createMeasurements(run, parts, signal);
      await run.enter('traceroutes', 1);
      await gatherResults(run, parts, signal);
      await run.end('done', clock.now());
      const own = atlas.traceroutesTo(run.source).filter((path) => path.probe === probe);
      return own.find(({ at }) => at > run.startedAt - CLOCK_ERROR_MS);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, run: run.id }, 'a traceroute on demand failed');
      // A lost answer, or a stop while waiting for it, does not say that the measurement was not created.
      if (isOrdered && !(error instanceof RipeAtlasError && REFUSALS.has(error.code)))
        run.spentCredits = run.estimatedCredits;
      const failure = error instanceof RipeAtlasError ? error.message : FAILED_UNEXPECTEDLY;
      const reason = signal.aborted ? INTERRUPTED : failure;
      await run
        .end('failed', clock.now(), reason)
        .catch((unstored: unknown) => log.error({ err: unstored, run: run.id }, 'an atlas run could not be stored'));
      return undefined;
    }
  }
}
