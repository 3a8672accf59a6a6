import type { DeploymentCalibration } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { Clock, Random } from '@revtr/probing';
import type { FinishedSelfAudit, SelfAudits } from '@revtr/storage';
import type { Logger } from 'pino';
import type { RecordedWork } from '../audit/recorded-work.ts';
import { Periodic } from '../foundation/periodic.ts';
import { DEFAULT_RETENTION, type Retention } from '../retention/retention.ts';
import { probingFor } from '../safety/probe-context.ts';
import type { AccuracyMetrics } from './accuracy-metrics.ts';
import { countHops } from './audit-counts.ts';
import type { KindEvidenceKeeper } from './kind-evidence-keeper.ts';
import { addOutcomes, type KindEvent } from './kind-records.ts';
import type { AuditedPair } from './own-probes.ts';
import { choosePair } from './pair-choice.ts';
import { type AuditFinding, auditPair, type SelfAuditCollaborators } from './self-audit.ts';
import { toStoredHops } from './stored-hops.ts';

/** When hosts are audited. */
export interface SelfAuditSettings {
  /** Audits in a day, all controllers together. 0 for none. */
  readonly perDay: number;
  /** Shortest time between two audits of one pair, milliseconds. */
  readonly pairPauseMs: number;
}

/** By default an audit every six minutes, and one of each pair in an hour at most. */
export const DEFAULT_SELF_AUDIT: SelfAuditSettings = { perDay: 240, pairPauseMs: 3_600_000 };
/** No audits. */
export const NO_SELF_AUDIT: SelfAuditSettings = { perDay: 0, pairPauseMs: 3_600_000 };

/** When the auditor audits, and how long it keeps what it found. */
export interface SelfAuditorOptions extends SelfAuditSettings {
  /** Default: `DEFAULT_RETENTION`. */
  readonly retention?: Pick<Retention, 'selfAuditDays' | 'selfAuditCountDays'>;
}

/** What the auditor works with. */
export interface SelfAuditorCollaborators extends SelfAuditCollaborators {
  readonly audits: SelfAudits;
  readonly keeper: KindEvidenceKeeper;
  readonly calibration: Pick<DeploymentCalibration, 'hasSuspensions'>;
  /** Whether the network of a host may appear in the public figures. Default: that of every host. */
  readonly isPublic?: (host: Ipv4Address) => boolean;
  /** Hosts that can send probes now, and sources that receive spoofed replies now. */
  readonly hosts: () => readonly Ipv4Address[];
  readonly sources: () => readonly Ipv4Address[];
  /** Whether audits must wait, because users need the system or an operator has stopped it. */
  readonly isBusy: () => boolean;
  /** Ends an audit whose probes cannot be recorded. It does not wait: until they can, another process may own its source. */
  readonly recorded: Pick<RecordedWork, 'runOnce'>;
  readonly metrics: AccuracyMetrics;
  /** Told what audits have shown about kinds of hops. */
  readonly onEvents: (events: readonly KindEvent[]) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const CLEAN_EVERY_MS = 3_600_000;
const REFRESH_EVERY_MS = 60_000;
/** An audit that has not ended after this time has lost its process, milliseconds. */
const MOST_AUDIT_MS = 1_800_000;
/** While a kind is suspended, one audit in so many uses it like the others. */
const RETRY_EVERY = 3;
/** Controllers that share a database audit in turn: one that comes this much too early waits. */
const EARLY_SHARE = 0.8;

/** Pause before the result of an audit is written again, milliseconds. */
const WRITE_AGAIN_MS = 5_000;

/** An audit whose probes may be under way. */
interface UnderWay {
  readonly source: Ipv4Address;
  readonly over: AbortController;
  /** Why it was interrupted; `undefined` while it was not. */
  reason: string | undefined;
  /** Settles when it sends nothing any more. */
  probing: Promise<unknown>;
}

/** Audits pairs of host and source in the background, one at a time, and keeps what the audits show. */
export class SelfAuditor {
  readonly #settings: SelfAuditorOptions;
  readonly #collaborators: SelfAuditorCollaborators;
  readonly #series: readonly Periodic[];
  readonly #underWay = new Set<UnderWay>();
  #count = 0;

  constructor(settings: SelfAuditorOptions, collaborators: SelfAuditorCollaborators) {
    this.#settings = settings;
    this.#collaborators = collaborators;
    const { clock, log, keeper, audits } = collaborators;
    const { retention = DEFAULT_RETENTION } = settings;
    const repeat = (everyMs: number, what: string, work: (signal: AbortSignal) => Promise<void>): Periodic =>
      new Periodic(
        { everyMs },
        { clock, work, onError: (error) => log.error({ err: error }, `${what}; the controller tries again`) },
      );
    const auditing = repeat(
      DAY_MS / Math.max(1, settings.perDay),
      'a self-audit failed unexpectedly',
      async (signal) => {
        await this.step(signal);
      },
    );
    this.#series = [
      ...(settings.perDay > 0 ? [auditing] : []),
      repeat(REFRESH_EVERY_MS, 'the evidence about hops could not be read', () => keeper.refresh()),
      repeat(CLEAN_EVERY_MS, 'old self-audits could not be deleted', async () => {
        const now = clock.now();
        await audits.endAbandoned(new Date(now - MOST_AUDIT_MS));
        await audits.deleteBefore(
          new Date(now - retention.selfAuditDays * DAY_MS),
          new Date(now - retention.selfAuditCountDays * DAY_MS),
        );
      }),
    ];
  }

  start(): void {
    for (const series of this.#series) series.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#series.map((series) => series.stop()));
  }

  /**
   * Interrupts the audits of a source, or all, because this process does not own the source any more, or does not know what is forbidden. They end as
   * `interrupted` with the reason. Resolves when they send nothing any more.
   */
  async interrupt(reason: string, source?: Ipv4Address): Promise<void> {
    const affected = [...this.#underWay].filter((audit) => source === undefined || audit.source === source);
    for (const audit of affected) {
      audit.reason ??= reason;
      audit.over.abort();
    }
    await Promise.allSettled(affected.map(({ probing }) => probing));
  }

  /** Audits a pair if one is due and nothing is in the way. Returns whether an audit ended with a finding. */
  async step(signal?: AbortSignal): Promise<boolean> {
    const { audits, hosts, sources, isBusy, clock, random } = this.#collaborators;
    const { perDay, pairPauseMs } = this.#settings;
    if (isBusy()) return false;
    const now = clock.now();
    const recent = await audits.latestByPair(new Date(now - DAY_MS));
    const newest = Math.max(0, ...recent.map(({ startedAt }) => startedAt.getTime()));
    if (newest > now - (EARLY_SHARE * DAY_MS) / Math.max(1, perDay)) return false;
    // After the query, during which a source may have been handed over.
    const candidates = { hosts: [...new Set([...hosts(), ...sources()])], sources: sources() };
    if (candidates.hosts.length < 2) return false;
    const last = new Map(
      recent.map(({ host, source, startedAt }) => [
        keyOf({ host: parseIpv4(host), source: parseIpv4(source) }),
        startedAt.getTime(),
      ]),
    );
    const pair = choosePair({ ...candidates, lastAudited: (one) => last.get(keyOf(one)) }, now - pairPauseMs, random);
    if (pair === undefined) return false;
    return (await this.audit(pair, signal)) !== undefined;
  }

  /**
   * Audits a pair, and stores what it shows. Returns `undefined` when its probes could not be recorded, and when it was interrupted.
   * @throws {ProbingError} `cancelled` when the signal fires
   */
  async audit(
    pair: AuditedPair,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<AuditFinding | undefined> {
    const { source } = pair;
    const over = new AbortController();
    const underWay: UnderWay = { source, over, reason: undefined, probing: Promise.resolve() };
    this.#underWay.add(underWay);
    try {
      return await this.#audit(pair, underWay, signal);
    } finally {
      this.#underWay.delete(underWay);
    }
  }

  async #audit(pair: AuditedPair, underWay: UnderWay, signal: AbortSignal): Promise<AuditFinding | undefined> {
    const {
      audits,
      calibration,
      engineParts,
      isPublic = () => true,
      clock,
      log,
      metrics,
      recorded,
    } = this.#collaborators;
    const isRetry = calibration.hasSuspensions && ++this.#count % RETRY_EVERY === 0;
    const id = await audits.begin({
      started_at: new Date(clock.now()),
      host: formatIpv4(pair.host),
      source: formatIpv4(pair.source),
      network: (isPublic(pair.host) ? engineParts.ipToAs.originOf(pair.host) : undefined) ?? 0,
      is_retry: isRetry,
    });
    const either = AbortSignal.any([signal, underWay.over.signal]);
    const work = (interrupted: AbortSignal): Promise<AuditFinding> =>
      auditPair(pair, { retriesSuspended: isRetry }, this.#collaborators, interrupted);
    let finding: AuditFinding | undefined;
    try {
      const probing = probingFor({ type: 'selfAudit', auditId: id }, () => recorded.runOnce(work, either));
      underWay.probing = probing;
      finding = await probing;
    } catch (error) {
      if (signal.aborted || underWay.reason === undefined) {
        await this.#end(id, signal.aborted ? 'the controller stopped' : FAILED);
        throw error;
      }
    }
    if (finding === undefined) {
      await this.#endInTime(id, underWay.reason ?? 'its probes could not be recorded', signal);
      return undefined;
    }
    const hops = finding.outcome === 'judged' ? finding.judgement.hops : [];
    metrics.audited(finding.outcome, isRetry ? [] : hops);
    const outcomes = finding.outcome === 'judged' ? finding.judgement.outcomes : [];
    const used = isRetry ? outcomes.filter(({ kind }) => this.#isSuspended(kind)) : outcomes;
    await this.#store(toFinished(id, new Date(clock.now()), finding), used);
    log.debug({ selfAudit: id, outcome: finding.outcome, isRetry }, 'a self-audit ended');
    return finding;
  }

  /** Stores that an audit was interrupted. */
  async #end(id: number, detail: string): Promise<void> {
    const endedAt = new Date(this.#collaborators.clock.now());
    await this.#store(unjudged(id, endedAt, { outcome: 'interrupted', detail }), []);
  }

  /** Stores that an audit was interrupted, again and again while the database is away. */
  async #endInTime(id: number, detail: string, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#collaborators;
    for (;;) {
      try {
        return await this.#end(id, detail);
      } catch (error) {
        log.warn({ err: error, selfAudit: id }, 'the end of a self-audit could not be stored');
      }
      await clock.sleep(WRITE_AGAIN_MS, signal);
    }
  }

  async #store(finished: FinishedSelfAudit, outcomes: Parameters<typeof addOutcomes>[1]): Promise<void> {
    const { audits, keeper, clock, metrics, onEvents } = this.#collaborators;
    let events: readonly KindEvent[] = [];
    const rows = await audits.finish(finished, (stored) => {
      const added = addOutcomes(stored, outcomes, new Date(clock.now()));
      events = added.events;
      return added.rows;
    });
    keeper.take(rows);
    for (const { type, kind } of events) metrics.changed(type, kind);
    if (events.length > 0) await onEvents(events);
  }

  #isSuspended(kind: string): boolean {
    return this.#collaborators.keeper.rows.some((row) => row.kind === kind && row.suspended_at !== null);
  }
}

const keyOf = ({ host, source }: AuditedPair): string => `${host} ${source}`;

const FAILED = 'it failed unexpectedly; the operator can find the cause in the log';

const unjudged = (
  id: number,
  endedAt: Date,
  end: Pick<FinishedSelfAudit, 'outcome' | 'detail'>,
): FinishedSelfAudit => ({ id, endedAt, ...end, routers: 0, routersFound: 0, counts: [] });

function toFinished(id: number, endedAt: Date, finding: AuditFinding): FinishedSelfAudit {
  if (finding.outcome !== 'judged') return unjudged(id, endedAt, finding);
  const { reached, asPathExact, routers, routersFound, hops } = finding.judgement;
  return {
    id,
    endedAt,
    outcome: 'judged',
    detail: '',
    reached,
    asPathExact,
    routers,
    routersFound,
    hops: toStoredHops(hops),
    counts: countHops(hops),
  };
}
