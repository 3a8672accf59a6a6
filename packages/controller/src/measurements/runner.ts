import type {
  AskTraceroute,
  MeasureHooks,
  Owners,
  PathFacts,
  ReverseTraceroute,
  ReverseTracerouteEngine,
} from '@revtr/engine';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { Clock, ProbingErrorCode } from '@revtr/probing';
import type { Batches, Job, Jobs, KillSwitchRow } from '@revtr/storage';
import type { Tracing } from '@revtr/tracing';
import type { Logger } from 'pino';
import type { TraceroutesOnDemand } from '../atlas/traceroutes-on-demand.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { AddressFacts } from '../facts/address-facts.ts';
import type { Metrics } from '../foundation/metrics.ts';
import { Periodic } from '../foundation/periodic.ts';
import type { KillSwitches } from '../safety/kill-switches.ts';
import { probingFor } from '../safety/probe-context.ts';
import type { BatchEvents } from './batch-events.ts';
import { InFlightLimit } from './in-flight-limit.ts';
import { measurementOptionsSchema } from './options.ts';
import { ResultWriter } from './result-writer.ts';
import { compactResult, type StoredResult, toStoredHops, toStoredResult } from './stored-result.ts';
import { tracedMeasurement } from './traced-measurement.ts';
import { brokenResult, CANCELLED, expiredReason, stoppedResult, switchReason } from './unmeasured.ts';
import { type Pace, PaceMeter } from './waiting/pace.ts';

export interface RunnerOptions {
  /** Name under which jobs are borrowed: unique among running processes. */
  readonly owner: string;
  /** Most measurements under way at once. There are fewer while probes would have to wait in the system. */
  readonly concurrency: number;
  /** How long a job is borrowed; renewed while the process lives. Milliseconds. */
  readonly leaseMs: number;
  /** How often to look for work without being notified, milliseconds. */
  readonly pollMs: number;
  /** A measurement that has waited longer in the queue is not measured any more, milliseconds. */
  readonly longestWaitMs: number;
}

/** Where measurements come from, and where their results go: all of the queue, or the part of the sources that this engine owns. */
export type JobQueue = Pick<Jobs, 'lease' | 'renew' | 'release' | 'releaseOf' | 'finish' | 'expire' | 'noteNew'>;

export interface RunnerCollaborators {
  readonly jobs: JobQueue;
  /** The sources of which this engine may measure now, dotted quads. Default: all. */
  readonly owned?: (() => readonly string[]) | undefined;
  readonly batches: Pick<Batches, 'cancel' | 'cancelledOf'>;
  readonly engine: Pick<ReverseTracerouteEngine, 'measure'>;
  readonly facts: Pick<AddressFacts, 'ipToAs' | 'relations'>;
  /** Which networks operate the routers that the atlas shows. */
  readonly owners: Owners;
  /** Asks RIPE Atlas for traceroutes; `undefined` when this system does not. */
  readonly onDemand: Pick<TraceroutesOnDemand, 'askerFor'> | undefined;
  readonly events: BatchEvents;
  readonly metrics: Metrics;
  readonly switches: Pick<KillSwitches, 'isSet' | 'switchFor' | 'subscribe' | 'refresh'>;
  /** Without it no probe is sent: measurements wait in the queue while it cannot record. */
  readonly audit: Pick<AuditLog, 'canRecord' | 'onChange'>;
  /** See {@link InFlightLimit}. Default: as many measurements may be under way as `concurrency` says. */
  readonly delayMs?: (() => number | undefined) | undefined;
  readonly clock: Clock;
  /** A number from 0 to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Default: no traces. */
  readonly tracing?: Tracing;
}

/** Cancelled batches of which a lease under way may still return jobs. */
const MOST_CANCELLED = 1_000;

/** Jobs are borrowed in groups, because each query costs: once this share of the places is free, and at the latest this many places. */
const LEASED_SHARE = 0.1;
const MOST_AWAITED_PLACES = 50;
/** Share of the places that large batches leave free, and the most: a small batch begins without waiting for the end of a measurement. */
const KEPT_SHARE = 0.05;
const MOST_KEPT_PLACES = 50;
/** How often measurements are looked for that have waited too long, milliseconds. */
const EXPIRE_EVERY_MS = 60_000;
/** How often the number of measurements under way is adapted, milliseconds. */
const ADAPT_EVERY_MS = 250;
/** Why a wait for work ends early. One value for all: making errors is costly. */
const WOKEN = 'there may be work';
/** Jobs that one query borrows at most. */
const MOST_LEASED_AT_ONCE = 1_000;

/** Causes with which other processes and agents refuse probes, for instance because of a kill switch. */
const REFUSED_ELSEWHERE: ReadonlySet<ProbingErrorCode> = new Set([
  'killSwitch',
  'proberStopped',
  'invalidRequest',
] as const);

/** A result that comes alone is stored almost at once. Under load results are stored together, because each statement costs. */
const GATHER = { gatherMs: 5, leastPauseMs: 50 };

/** A measurement that is under way. */
interface UnderWay {
  readonly job: Job;
  readonly cancel: AbortController;
  /** Resolved when it has ended; `undefined` while nobody waits for that. */
  ended: PromiseWithResolvers<void> | undefined;
}

/** Takes measurements from the queue, runs them, and stores their results. */
export class MeasurementRunner {
  readonly #options: RunnerOptions;
  readonly #collaborators: RunnerCollaborators;
  readonly #writer: ResultWriter;
  /** Measurements under way, by id. Each has a signal of its own: one signal with thousands of listeners is slow. */
  readonly #underWay = new Map<number, UnderWay>();
  /** Measurements that have ended, until their results are written. */
  readonly #unwritten = new Map<number, { readonly batchId: number; readonly stopReason: string }>();
  readonly #cancelled = new Set<number>();
  readonly #pace = new PaceMeter();
  #isStopping = false;
  /** Whether there may be work that no lease has looked for yet. */
  #hasNews = true;
  /** A lease has emptied the queue: until this time, only news are a reason to look for work, milliseconds since the Unix epoch. */
  #emptyUntil = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;
  #loop: Promise<void> = Promise.resolve();
  /** The lease under way, or the latest one. */
  #leasing: Promise<readonly Job[]> = Promise.resolve([]);
  readonly #limit: InFlightLimit;
  readonly #renewing: Periodic;
  readonly #expiring: Periodic;
  readonly #adapting: Periodic;

  constructor(options: RunnerOptions, collaborators: RunnerCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { jobs, switches, audit, clock, random, log } = collaborators;
    switches.subscribe(() => this.#obeySwitches());
    audit.onChange(() => this.#obeySwitches());
    this.#limit = new InFlightLimit({ most: options.concurrency }, collaborators);
    this.#adapting = new Periodic(
      { everyMs: ADAPT_EVERY_MS },
      {
        clock,
        work: async () => this.#adapt(),
        onError: (error) => log.error({ err: error }, 'the number of measurements under way could not be adapted'),
      },
    );
    const onWritten = (id: number, isStored: boolean): void => this.#forget(id, isStored);
    this.#writer = new ResultWriter(
      { owner: options.owner, ...GATHER, retry: { firstMs: 500, mostMs: 10_000 } },
      { jobs, clock, random, log, onWritten },
    );
    this.#renewing = new Periodic(
      { everyMs: options.leaseMs / 3 },
      {
        clock,
        work: () => jobs.renew(options.owner, this.#held(), this.#leaseEnd()),
        onError: (error) => log.error({ err: error }, 'leases could not be renewed'),
      },
    );
    this.#expiring = new Periodic(
      { everyMs: EXPIRE_EVERY_MS },
      {
        clock,
        work: () => this.#expire(),
        onError: (error) => log.error({ err: error }, 'measurements that waited too long could not be ended'),
      },
    );
  }

  /** Measurements that are under way. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Share of the places for measurements that are taken; above 1 after there have become fewer places. */
  get load(): number {
    return this.#underWay.size / this.#limit.current;
  }

  /** Measurements that may be under way at once at this moment. */
  get limit(): number {
    return this.#limit.current;
  }

  /** How fast measurements are taken from the queue while it is not empty; `undefined` until enough have ended to tell. */
  get pace(): Pace | undefined {
    return this.#pace.at(this.#limit.current - this.#kept - this.#leastRoom / 2);
  }

  start(): void {
    this.#loop = this.#run();
    this.#renewing.start();
    this.#expiring.start();
    if (this.#collaborators.delayMs !== undefined) this.#adapting.start();
  }

  /** Wakes the runner, because there may be new work. */
  notify(): void {
    this.#hasNews = true;
    this.#collaborators.jobs.noteNew();
    this.#wake();
  }

  /** Ends the measurements of a batch: those in the queue now, those under way as soon as they stop. Returns how many were in the queue. */
  async cancel(batchId: number): Promise<number> {
    const { batches, clock, events } = this.#collaborators;
    this.#remember(batchId);
    const now = clock.now();
    const ended = await batches.cancel(batchId, stoppedResult(CANCELLED, now), new Date(now));
    this.noteCancelled(batchId);
    for (const id of ended) events.publish(batchId, { type: 'ended', measurement: id, stopReason: 'cancelled' });
    return ended.length;
  }

  /** A batch is cancelled in the database: ends its measurements that are under way. */
  noteCancelled(batchId: number): void {
    this.#remember(batchId);
    for (const { job, cancel } of this.#underWay.values()) if (job.batchId === batchId) cancel.abort();
  }

  /** Ends the measurements under way of batches that were cancelled while this process could not be told. @throws what reading rejects with */
  async noteMissedCancellations(): Promise<void> {
    const open = new Set([...this.#underWay.values()].map(({ job }) => job.batchId));
    for (const batchId of await this.#collaborators.batches.cancelledOf([...open])) this.noteCancelled(batchId);
  }

  /**
   * Interrupts the measurements of a source (dotted quad) that is not owned any more, stores finished results, and returns unfinished measurements to
   * the queue, also those that a lease under way takes. With `isLost` another engine takes them by itself.
   */
  async handOver(source: string, isLost: boolean): Promise<void> {
    const isOf = ({ job }: { readonly job: Job }): boolean => job.source === source;
    const rest = [...this.#underWay.values()].filter(isOf);
    const ended = rest.map((measurement) => {
      measurement.ended ??= Promise.withResolvers();
      measurement.cancel.abort();
      return measurement.ended.promise;
    });
    await Promise.all(ended);
    if (isLost) return;
    // What it takes is not measured, and what it rejects with is logged by who asked.
    await this.#leasing.catch(() => undefined);
    await this.#writer.flush();
    await this.#collaborators.jobs.releaseOf(source, this.#options.owner);
  }

  /** Interrupts measurements, stores finished results, and returns unfinished measurements to the queue. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { cancel } of this.#underWay.values()) cancel.abort();
    this.#wake();
    await Promise.all([this.#loop, this.#renewing.stop(), this.#expiring.stop(), this.#adapting.stop()]);
    await this.#writer.flush();
    await this.#collaborators.jobs.release(this.#options.owner);
  }

  #remember(batchId: number): void {
    this.#cancelled.add(batchId);
    for (const oldest of this.#cancelled) {
      if (this.#cancelled.size <= MOST_CANCELLED) break;
      this.#cancelled.delete(oldest);
    }
  }

  async #run(): Promise<void> {
    const { log, clock } = this.#collaborators;
    while (!this.#isStopping) {
      if (this.#isPaused) {
        await this.#pause();
        continue;
      }
      const room = this.#limit.current - this.#underWay.size;
      let taken: readonly Job[] = [];
      const isRoomy = room - this.#kept >= this.#leastRoom && clock.now() >= this.#emptyUntil;
      if (isRoomy || (this.#hasNews && room > 0)) {
        this.#hasNews = false;
        try {
          this.#leasing = this.#lease(room);
          taken = await this.#leasing;
        } catch (error) {
          log.error({ err: error }, 'measurements could not be read from the queue');
        }
      }
      // Probes, or this runner, may have been stopped while the queue was read. What was taken returns to it.
      if (this.#isPaused || this.#isStopping) continue;
      for (const job of this.#stillOwned(taken)) void this.#measure(job);
      if (taken.length === 0) await this.#waitForWork();
    }
    while (this.#underWay.size > 0) await this.#waitForWork();
  }

  /** Leases jobs. The runner's own leases expire while the database is unreachable: jobs that it still holds are not measured again. */
  async #lease(room: number): Promise<readonly Job[]> {
    const { jobs, clock } = this.#collaborators;
    // Before the query: a result that is written meanwhile must not make its job look new.
    const held = new Set(this.#held());
    const all = Math.min(room, MOST_LEASED_AT_ONCE);
    const bulk = Math.min(Math.max(0, room - this.#kept), all);
    const leased = await jobs.lease(this.#options.owner, all, new Date(clock.now()), this.#leaseEnd(), bulk);
    if (leased.length < bulk) this.#emptyUntil = clock.now() + this.#options.pollMs;
    return leased.filter(({ id }) => !held.has(id));
  }

  /** Those jobs whose sources were not given up or lost while the queue was read. The other ones belong to the next owners. */
  #stillOwned(taken: readonly Job[]): readonly Job[] {
    const { owned } = this.#collaborators;
    if (owned === undefined) return taken;
    const sources = new Set(owned());
    return taken.filter(({ source }) => sources.has(source));
  }

  /** Ids of the measurements that are under way or wait to be written. */
  #held(): number[] {
    return [...this.#underWay.keys(), ...this.#unwritten.keys()];
  }

  async #measure(job: Job): Promise<void> {
    const { metrics, clock, log } = this.#collaborators;
    const begunAt = clock.now();
    const stopped = this.#reasonToStop(job);
    if (stopped !== undefined) return this.#store(job, stoppedResult(stopped, begunAt));
    const cancel = new AbortController();
    const underWay: UnderWay = { job, cancel, ended: undefined };
    this.#underWay.set(job.id, underWay);
    try {
      const result = await this.#unlessRefused(await this.#runEngine(job, cancel.signal), cancel);
      metrics.measured(result);
      if (!cancel.signal.aborted) this.#pace.note(clock.now() - begunAt);
      const isCutShort = cancel.signal.aborted && result.stopReason === 'cancelled';
      const failReason = isCutShort ? this.#reasonToStop(job) : undefined;
      if (!isCutShort) this.#store(job, toStoredResult(result, this.#pathFacts));
      else if (failReason !== undefined) this.#store(job, { ...toStoredResult(result, this.#pathFacts), failReason });
    } catch (error) {
      log.error({ err: error, revtr: job.id }, 'a measurement failed unexpectedly');
      this.#store(job, brokenResult(job, clock.now()));
    } finally {
      this.#underWay.delete(job.id);
      underWay.ended?.resolve();
      const room = this.#limit.current - this.#underWay.size;
      if (room - this.#kept >= this.#leastRoom || this.#underWay.size === 0) this.#wake();
    }
  }

  /** The result; as cancelled if its probes were refused because they could not be recorded, or because of a switch of which this process did not know. */
  async #unlessRefused(result: ReverseTraceroute, cancel: AbortController): Promise<ReverseTraceroute> {
    const { failReason } = result;
    if (failReason?.code !== 'probingFailed') return result;
    const { cause } = failReason.details;
    // Who reads the switches every second tells that they cannot be read.
    if (REFUSED_ELSEWHERE.has(cause)) await this.#collaborators.switches.refresh().catch(() => undefined);
    else if (cause === 'auditUnavailable') cancel.abort();
    else return result;
    return cancel.signal.aborted ? { ...result, stopReason: 'cancelled' } : result;
  }

  get #pathFacts(): PathFacts {
    const { facts, owners } = this.#collaborators;
    return { ipToAs: facts.ipToAs, relations: facts.relations, owners };
  }

  #runEngine(job: Job, signal: AbortSignal): Promise<ReverseTraceroute> {
    const { engine, events, onDemand } = this.#collaborators;
    const { tracerouteOnDemand, uuid: _, ...options } = measurementOptionsSchema.parse(job.options ?? {});
    const request = { source: parseIpv4(job.source), destination: parseIpv4(job.destination), options };
    const cause = {
      type: 'measurement',
      measurementId: job.id,
      batchId: job.batchId,
      userId: job.userId,
      keyId: job.keyId ?? undefined,
    } as const;
    const { id: measurement, batchId } = job;
    const hooks: MeasureHooks = {
      signal,
      ...(tracerouteOnDemand === true && { askTraceroute: onDemand?.askerFor(request.source, cause) ?? askNobody }),
      onProgress: (hops) => {
        if (!events.wantsPaths(batchId)) return;
        events.publish(batchId, { type: 'path', measurement, hops: toStoredHops(hops, this.#pathFacts) });
      },
      onActivity: ({ hop, ...activity }) => {
        if (!events.wantsPaths(batchId)) return;
        events.publish(batchId, { type: 'trying', measurement, hop: formatIpv4(hop), ...activity });
      },
      onRtt: (hop, rttMs) => {
        if (!events.wantsPaths(batchId)) return;
        events.publish(batchId, { type: 'rtt', measurement, hop: formatIpv4(hop), rttMs });
      },
    };
    return tracedMeasurement(job, this.#collaborators, () => probingFor(cause, () => engine.measure(request, hooks)));
  }

  #store(job: Job, result: StoredResult): void {
    this.#unwritten.set(job.id, { batchId: job.batchId, stopReason: result.stopReason });
    this.#writer.add({ id: job.id, result: compactResult(result) });
  }

  #forget(id: number, isStored: boolean): void {
    const ended = this.#unwritten.get(id);
    this.#unwritten.delete(id);
    if (ended === undefined || !isStored) return;
    this.#collaborators.events.publish(ended.batchId, { type: 'ended', measurement: id, stopReason: ended.stopReason });
  }

  /** Ends the measurements that have waited too long. */
  async #expire(): Promise<void> {
    const { jobs, clock, events } = this.#collaborators;
    const { longestWaitMs } = this.#options;
    for (let hasMore = true; hasMore && !this.#isStopping; ) {
      const now = clock.now();
      const result = stoppedResult(expiredReason('measurement', longestWaitMs), now);
      const ended = await jobs.expire(new Date(now - longestWaitMs), result, new Date(now));
      for (const { id: measurement, batchId } of ended)
        events.publish(batchId, { type: 'ended', measurement, stopReason: 'cancelled' });
      hasMore = ended.length > 0;
    }
  }

  #adapt(): void {
    const before = this.#limit.current;
    this.#limit.adapt(this.#underWay.size);
    if (this.#limit.current > before) this.#wake();
  }

  /** Resolves when the runner is woken, or after the poll interval. */
  async #waitForWork(): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort(WOKEN);
    await this.#collaborators.clock.sleep(this.#options.pollMs, woken.signal).catch(() => undefined);
  }

  /** While no probe may be sent, measurements wait in the queue. */
  get #isPaused(): boolean {
    const { switches, audit } = this.#collaborators;
    return switches.isSet('probing') || !audit.canRecord;
  }

  /** Why a measurement must not begin or go on. */
  #reasonToStop(job: Job): StoredResult['failReason'] {
    if (job.isCancelled || this.#cancelled.has(job.batchId)) return { ...CANCELLED, hop: job.destination };
    const found = this.#switchFor(job);
    return found && switchReason(job, found);
  }

  #switchFor({ userId, keyId, batchId, source, destination }: Job): KillSwitchRow | undefined {
    return this.#collaborators.switches.switchFor({
      userId,
      keyId: keyId ?? undefined,
      batchId,
      source: parseIpv4(source),
      destination: parseIpv4(destination),
    });
  }

  #obeySwitches(): void {
    for (const { job, cancel } of this.#underWay.values())
      if (this.#isPaused || this.#switchFor(job) !== undefined) cancel.abort();
    this.#wake();
  }

  /** Returns interrupted measurements to the queue, and waits until probing is allowed again. */
  async #pause(): Promise<void> {
    const { jobs, log } = this.#collaborators;
    while (this.#underWay.size > 0) await this.#waitForWork();
    await this.#writer.flush();
    try {
      await jobs.release(this.#options.owner);
    } catch (error) {
      log.error({ err: error }, 'interrupted measurements could not be returned to the queue');
    }
    while (this.#isPaused && !this.#isStopping) await this.#waitForWork();
    this.#hasNews = true;
  }

  /** Places that must be free before jobs are borrowed. */
  get #leastRoom(): number {
    return Math.max(1, Math.min(MOST_AWAITED_PLACES, Math.floor(this.#limit.current * LEASED_SHARE)));
  }

  /** Places that large batches leave free. */
  get #kept(): number {
    return Math.min(MOST_KEPT_PLACES, Math.round(this.#limit.current * KEPT_SHARE));
  }

  #leaseEnd(): Date {
    return new Date(this.#collaborators.clock.now() + this.#options.leaseMs);
  }
}

const askNobody: AskTraceroute = async () => ({ detail: 'this system does not ask RIPE Atlas for traceroutes' });
