import { parseIpv4 } from '@revtr/net';
import { type Clock, type Prober, ProbingError, type ProbingErrorCode } from '@revtr/probing';
import type { ProbeJob, ProbeSets } from '@revtr/storage';
import type { Logger } from 'pino';
import type { AuditLog } from '../audit/audit-log.ts';
import { Periodic } from '../foundation/periodic.ts';
import type { DestinationCheck } from '../measurements/destination-check.ts';
import { expiredReason } from '../measurements/unmeasured.ts';
import { probingFor } from '../safety/probe-context.ts';
import type { ProbeEvents } from './probe-events.ts';
import { type ProbeRequest, pingRequestOf, probeRequestSchema, tracerouteRequestOf } from './probe-request.ts';
import { ofTraceroute, type ProbeResult, toReply } from './probe-result.ts';
import { type SenderRules, senderOf } from './sender-rules.ts';

export interface ProbeRunnerOptions {
  /** Name under which probes are leased: unique among running processes. */
  readonly owner: string;
  /** Probes under way at once. */
  readonly concurrency: number;
  /** How often to look for probes without being woken, milliseconds. */
  readonly pollMs: number;
  /** A probe that has waited longer in the queue is not sent any more, milliseconds. */
  readonly longestWaitMs: number;
}

export interface ProbeRunnerCollaborators {
  readonly sets: ProbeSets;
  /** A prober with all safety rules in front of it. */
  readonly prober: Prober;
  /** The clock of the prober. */
  readonly probingClock: Clock;
  readonly destinationCheck: Pick<DestinationCheck, 'refuse'>;
  /** What a user may send from now; `undefined` for a user who was disabled or deleted. */
  readonly rulesOf: (userId: number) => Promise<SenderRules | undefined>;
  readonly events: ProbeEvents;
  /** Without it no probe is sent: probes wait in the queue, from which other engines take them, while it cannot record. */
  readonly audit: Pick<AuditLog, 'canRecord' | 'onChange'>;
  /** The controller's clock. */
  readonly clock: Clock;
  readonly log: Logger;
}

/** A probe that takes longer is given up. */
const LONGEST_PROBE_MS = 300_000;
/** How long a probe is borrowed, and how often this is renewed. It outlasts an outage of the database of more than a minute. */
const LEASE_MS = 120_000;
const RENEW_EVERY_MS = 15_000;
/** Probes are leased in groups, because each query costs: once this share of the places is free. */
const LEASED_SHARE = 0.1;
/** Pause before the result of a probe is written again, milliseconds. */
const WRITE_AGAIN_MS = 5_000;
/** Pause between the echo requests of one ping, milliseconds. */
const BETWEEN_PINGS_MS = 1_000;

/** How probes fail that are interrupted. */
const NOT_SENT: ReadonlySet<string> = new Set(['cancelled', 'auditUnavailable'] satisfies ProbingErrorCode[]);

/** Takes raw probes from the queue, sends them, and stores their results. */
export class ProbeRunner {
  readonly #options: ProbeRunnerOptions;
  readonly #collaborators: ProbeRunnerCollaborators;
  readonly #polling: Periodic;
  readonly #renewing: Periodic;
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #stopping = new AbortController();
  #interrupting = new AbortController();
  /** Whether probes were interrupted that must return to the queue, from which another engine may take them. */
  #isReturning = false;
  /** Whether the queue had more probes than there were places when it was last read. */
  #hasMore = false;

  constructor(options: ProbeRunnerOptions, collaborators: ProbeRunnerCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { audit, clock, log } = collaborators;
    audit.onChange((canRecord) => {
      if (!canRecord) {
        this.#isReturning = true;
        this.interrupt();
      }
      this.#polling.wake();
    });
    this.#polling = new Periodic(
      { everyMs: options.pollMs, isImmediate: true },
      {
        clock,
        work: () => this.#lease(),
        onError: (error) => log.error({ err: error }, 'raw probes could not be read from the queue'),
      },
    );
    this.#renewing = new Periodic(
      { everyMs: RENEW_EVERY_MS },
      {
        clock,
        work: () => collaborators.sets.renew(options.owner, [...this.#underWay.keys()], this.#leaseEnd()),
        onError: (error) => log.error({ err: error }, 'the leases of raw probes could not be renewed'),
      },
    );
  }

  start(): void {
    this.#polling.start();
    this.#renewing.start();
  }

  /** Wakes the runner, because there may be new probes. */
  notify(): void {
    this.#collaborators.sets.noteNew();
    this.#polling.wake();
  }

  /** Interrupts the probes under way, because this process does not know any more what is forbidden. They are sent again when their leases have ended. */
  interrupt(): void {
    this.#interrupting.abort();
    this.#interrupting = new AbortController();
  }

  /** Interrupts the probes under way and returns them to the queue. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#polling.stop();
    await Promise.all(this.#underWay.values());
    await this.#renewing.stop();
    await this.#collaborators.sets.release(this.#options.owner);
  }

  async #lease(): Promise<void> {
    const { owner, concurrency } = this.#options;
    const { sets, audit, clock } = this.#collaborators;
    if (this.#isReturning) {
      await Promise.all(this.#underWay.values());
      await sets.release(owner);
      this.#isReturning = false;
    }
    const room = concurrency - this.#underWay.size;
    if (room <= 0 || !audit.canRecord) return;
    const leased = await sets.lease(owner, room, new Date(clock.now()), this.#leaseEnd());
    this.#hasMore = leased.length === room;
    // The runner's own leases end while the database is away: probes that it still sends are not sent again.
    const jobs = leased.filter(({ id }) => !this.#underWay.has(id));
    const rules = await this.#rulesOf(jobs);
    // Meanwhile probes may have become impossible to record. What was taken returns to the queue.
    if (this.#isReturning) return;
    for (const job of jobs) {
      // Already the first one may have shown that they cannot be recorded.
      if (this.#isReturning) return;
      const running = this.#run(job, rules.get(job.userId)).finally(() => {
        this.#underWay.delete(job.id);
        if (this.#hasMore && concurrency - this.#underWay.size >= concurrency * LEASED_SHARE) this.#polling.wake();
      });
      this.#underWay.set(job.id, running);
    }
  }

  /** What the users of some probes may send from now. */
  async #rulesOf(jobs: readonly ProbeJob[]): Promise<ReadonlyMap<number, SenderRules | undefined>> {
    const users = [...new Set(jobs.map(({ userId }) => userId))];
    return new Map(await Promise.all(users.map(async (id) => [id, await this.#collaborators.rulesOf(id)] as const)));
  }

  #leaseEnd(): Date {
    return new Date(this.#collaborators.clock.now() + LEASE_MS);
  }

  /** Why a probe that was accepted must not be sent any more. */
  #refuse(job: ProbeJob, request: ProbeRequest, rules: SenderRules | undefined): ProbeResult['failure'] {
    const { clock, destinationCheck } = this.#collaborators;
    const { longestWaitMs } = this.#options;
    if (rules === undefined)
      return { code: 'userDisabled', message: 'the account was disabled before the probe was sent' };
    if (clock.now() - job.createdAt.getTime() > longestWaitMs) return expiredReason('probe', longestWaitMs);
    const sender = senderOf(request, rules);
    if ('code' in sender) return { code: sender.code, message: sender.message };
    return destinationCheck.refuse(parseIpv4(request.to));
  }

  /** Never rejects. */
  async #run(job: ProbeJob, rules: SenderRules | undefined): Promise<void> {
    const { events, log } = this.#collaborators;
    const { id: probeId, setId, userId } = job;
    try {
      const request = probeRequestSchema.parse(job.request);
      const cause = { type: 'rawProbe', probeId, userId, keyId: job.keyId ?? undefined } as const;
      const interrupted = AbortSignal.any([this.#stopping.signal, this.#interrupting.signal]);
      const signal = AbortSignal.any([interrupted, AbortSignal.timeout(LONGEST_PROBE_MS)]);
      const failure = this.#refuse(job, request, rules);
      const result = await probingFor(cause, () => this.#send(request, failure, signal));
      if (interrupted.aborted && result.failure !== undefined && NOT_SENT.has(result.failure.code)) return;
      if (await this.#store(probeId, result)) events.publish(setId, probeId);
    } catch (error) {
      // The lease ends, and the probe is sent again.
      log.error({ err: error, probe: probeId }, 'a raw probe failed unexpectedly');
    }
  }

  /** Writes a result, again and again while the database is away: a probe whose lease ends would be sent a second time. */
  async #store(probeId: number, result: ProbeResult): Promise<boolean> {
    const { sets, clock, log } = this.#collaborators;
    for (;;) {
      try {
        return await sets.finish(this.#options.owner, probeId, result, new Date(clock.now()));
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error;
        log.warn({ err: error, probe: probeId }, 'the result of a raw probe could not be stored');
      }
      await clock.sleep(WRITE_AGAIN_MS, this.#stopping.signal).catch(() => undefined);
    }
  }

  async #send(request: ProbeRequest, failure: ProbeResult['failure'], signal: AbortSignal): Promise<ProbeResult> {
    const { probingClock, prober } = this.#collaborators;
    const startedAt = probingClock.now();
    if (failure !== undefined) return { startedAt, endedAt: startedAt, sent: 0, failure };
    if (request.type !== 'traceroute') return this.#ping(request, signal);
    try {
      return ofTraceroute(await prober.traceroute(tracerouteRequestOf(request), signal));
    } catch (error) {
      return { startedAt, endedAt: probingClock.now(), sent: 0, failure: failureOf(error) };
    }
  }

  async #ping(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
    const { probingClock, prober } = this.#collaborators;
    const startedAt = probingClock.now();
    const replies: NonNullable<ProbeResult['replies']> = [];
    let sent = 0;
    try {
      while (sent < request.count) {
        const nextAt = probingClock.now() + BETWEEN_PINGS_MS;
        const reply = toReply(sent, await prober.ping(pingRequestOf(request), signal));
        sent++;
        if (reply !== undefined) replies.push(reply);
        if (sent < request.count) await probingClock.sleep(Math.max(0, nextAt - probingClock.now()), signal);
      }
      return { startedAt, endedAt: probingClock.now(), sent, replies };
    } catch (error) {
      return { startedAt, endedAt: probingClock.now(), sent, replies, failure: failureOf(error) };
    }
  }
}

/** What a user learns of an error. @throws what is no error of probing */
function failureOf(error: unknown): NonNullable<ProbeResult['failure']> {
  if (!(error instanceof ProbingError)) throw error;
  return { code: error.code, message: error.message };
}
