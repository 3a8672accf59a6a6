import { BUDGET_KINDS, type BudgetKind, type Clock, type ExhaustedBudget, ProbingError } from '@revtr/probing';
import type { GuardedRequest, GuardedResult, ProbeGuard } from '../guarded-prober.ts';
import type { ProbeCause } from '../probe-context.ts';
import { CountTable } from './count-table.ts';
import { FairBacklog } from './fair-backlog.ts';
import type { BudgetSettings, Limits } from './limits.ts';
import { hasOption, mostPackets } from './packet-counts.ts';
import { CAPACITY, describeSubject, forEachKind, formatSubject, type SubjectFinder } from './subjects.ts';

const DAY_MS = 86_400_000;
/** What a budget per second lets through at once: as much as in so long. A spoofed round of ten fits the default of a destination. */
const BURST_MS = 2_000;

/** The budgets of one kind of subject. */
interface Budget {
  readonly kind: BudgetKind;
  readonly table: CountTable;
  readonly limits: Limits;
}

/** A probe that somebody wants to send. */
interface Asked {
  readonly count: number;
  readonly isOption: boolean;
  readonly now: number;
  readonly share: number;
  /** The user's number; 0 for the system itself. */
  readonly user: number;
}

export interface BudgetGuardCollaborators {
  readonly subjects: SubjectFinder;
  readonly clock: Clock;
  /** Called with each budget that refuses a probe. */
  readonly onRefused?: (budget: ExhaustedBudget) => void;
  /** Called with the time that a probe must wait, milliseconds. */
  readonly onHeld?: (holdMs: number) => void;
  /** Share of the budgets per second that this process may use, above 0 and at most 1. Default 1: nobody else probes. */
  readonly share?: () => number;
  /** Called with every change of the counts of the day, which other processes must know. */
  readonly onCounted?: (count: CountedPackets) => void;
}

/** Packets that were counted for a subject; fewer than none when they were not sent after all. */
export interface CountedPackets {
  readonly kind: BudgetKind;
  /** Number of the subject. */
  readonly key: number;
  readonly packets: number;
  readonly optionPackets: number;
}

/**
 * Counts packets for each destination address, /24, announced prefix, AS, vantage point, source and user, across all users, and refuses
 * probes that would exceed a limit. Budgets per second make probes wait; those per day, and waits that are too long, refuse them. Users share
 * the rate of a vantage point. A traceroute
 * counts the most packets that it can send until it has ended, then those that it has sent.
 */
export class BudgetGuard implements ProbeGuard {
  readonly settings: BudgetSettings;
  /** The counts of today. */
  readonly tables = forEachKind((kind) => new CountTable(CAPACITY[kind]));
  readonly #collaborators: BudgetGuardCollaborators;
  /** Tables and limits in a list, which is faster to go through than objects by kind. */
  readonly #budgets: readonly Budget[];
  /** Who waits for the rates of vantage points: all packets, and those with options. */
  readonly #waiting: FairBacklog;
  readonly #optionWaiting: FairBacklog;
  #day: number;

  constructor(settings: BudgetSettings, collaborators: BudgetGuardCollaborators) {
    this.settings = settings;
    this.#collaborators = collaborators;
    this.#day = dayOf(collaborators.clock.now());
    this.#waiting = new FairBacklog(settings.longestWaitSeconds * 1000);
    this.#optionWaiting = new FairBacklog(settings.longestWaitSeconds * 1000);
    this.#budgets = BUDGET_KINDS.map((kind) => ({ kind, table: this.tables[kind], limits: settings[kind] }));
  }

  /** Days from the Unix epoch to today, UTC. */
  get day(): number {
    this.#turnDay(this.#collaborators.clock.now());
    return this.#day;
  }

  /** @throws {ProbingError} `budgetExhausted` */
  before(request: GuardedRequest, cause: ProbeCause | undefined): void {
    const now = this.#collaborators.clock.now();
    this.#turnDay(now);
    const subjects = this.#collaborators.subjects.of(request, cause, now);
    const count = mostPackets(request);
    const isOption = hasOption(request);
    const share = this.#share;
    for (const budget of this.#budgets) {
      const key = subjects[budget.kind];
      if (key !== 0) this.#check(budget, key, { count, isOption, now, share, user: subjects.user });
    }
  }

  /** Counts a probe that all guards allow. Returns how long it must wait, milliseconds. */
  reserve(request: GuardedRequest, cause: ProbeCause | undefined): number {
    const now = this.#collaborators.clock.now();
    const subjects = this.#collaborators.subjects.of(request, cause, now);
    const count = mostPackets(request);
    const isOption = hasOption(request);
    const share = this.#share;
    let waitMs = 0;
    for (const { kind, table, limits } of this.#budgets) {
      const key = subjects[kind];
      if (key === 0) continue;
      const place = table.claim(key);
      table.add(place, count, isOption ? count : 0);
      this.#collaborators.onCounted?.({ kind, key, packets: count, optionPackets: isOption ? count : 0 });
      const packetsPerSecond = limits.packetsPerSecond * share;
      const optionPacketsPerSecond = limits.optionPacketsPerSecond * share;
      const paid = paidUntil(table.paidUntil(place), count, packetsPerSecond, now);
      table.setPaidUntil(place, paid);
      waitMs = Math.max(waitMs, paid - now - BURST_MS);
      const isShared = kind === 'vantagePoint';
      if (isShared && paid - now > BURST_MS)
        this.#waiting.add(key, subjects.user, costMs(count, packetsPerSecond), paid - BURST_MS);
      if (!isOption) continue;
      const optionPaid = paidUntil(table.optionPaidUntil(place), count, optionPacketsPerSecond, now);
      table.setOptionPaidUntil(place, optionPaid);
      waitMs = Math.max(waitMs, optionPaid - now - BURST_MS);
      if (isShared && optionPaid - now > BURST_MS)
        this.#optionWaiting.add(key, subjects.user, costMs(count, optionPacketsPerSecond), optionPaid - BURST_MS);
    }
    if (waitMs > 0) this.#collaborators.onHeld?.(waitMs);
    return waitMs;
  }

  after(request: GuardedRequest, result: GuardedResult, cause: ProbeCause | undefined): void {
    if (result.type === 'traceroute') this.#correct(request, cause, Math.min(result.probesSent, mostPackets(request)));
  }

  unsent(request: GuardedRequest, cause: ProbeCause | undefined): void {
    this.#correct(request, cause, 0);
  }

  /** Counts packets of the day that another process has sent. */
  add({ kind, key, packets, optionPackets }: CountedPackets): void {
    this.#turnDay(this.#collaborators.clock.now());
    const table = this.tables[kind];
    table.add(table.claim(key), packets, optionPackets);
  }

  get #share(): number {
    return this.#collaborators.share?.() ?? 1;
  }

  #check({ kind, table, limits }: Budget, key: number, { count, isOption, now, share, user }: Asked): void {
    const place = table.find(key);
    const midnight = (this.#day + 1) * DAY_MS;
    if (table.packets(place) + count > limits.packetsPerDay)
      this.#refuse(kind, key, { packets: 'all', per: 'day', limit: limits.packetsPerDay, retryAt: midnight });
    if (isOption && table.optionPackets(place) + count > limits.optionPacketsPerDay)
      this.#refuse(kind, key, {
        packets: 'withOptions',
        per: 'day',
        limit: limits.optionPacketsPerDay,
        retryAt: midnight,
      });
    const hasRoom = (waiting: FairBacklog, ms: number): boolean =>
      kind !== 'vantagePoint' || waiting.hasRoom(key, user, ms, now);
    const longestMs = this.settings.longestWaitSeconds * 1000 + BURST_MS;
    const { packetsPerSecond, optionPacketsPerSecond } = limits;
    const paid = paidUntil(table.paidUntil(place), count, packetsPerSecond * share, now);
    if (paid - now > longestMs || !hasRoom(this.#waiting, costMs(count, packetsPerSecond * share)))
      this.#refuse(kind, key, { packets: 'all', per: 'second', limit: packetsPerSecond, retryAt: paid - BURST_MS });
    if (!isOption) return;
    const optionPaid = paidUntil(table.optionPaidUntil(place), count, optionPacketsPerSecond * share, now);
    if (optionPaid - now > longestMs || !hasRoom(this.#optionWaiting, costMs(count, optionPacketsPerSecond * share)))
      this.#refuse(kind, key, {
        packets: 'withOptions',
        per: 'second',
        limit: optionPacketsPerSecond,
        retryAt: optionPaid - BURST_MS,
      });
  }

  #refuse(kind: BudgetKind, key: number, budget: Omit<ExhaustedBudget, 'kind' | 'subject'>): never {
    const details = { kind, subject: formatSubject(kind, key), ...budget };
    this.#collaborators.onRefused?.(details);
    throw exhausted(describeSubject(kind, key), details);
  }

  /** Counts the packets that a probe has sent in place of those that were reserved for it. */
  #correct(request: GuardedRequest, cause: ProbeCause | undefined, sent: number): void {
    const reserved = mostPackets(request);
    const subjects = this.#collaborators.subjects.of(request, cause, this.#collaborators.clock.now());
    const isOption = hasOption(request);
    const unpaidMs = (perSecond: number): number =>
      ((atOnce(reserved, perSecond) - atOnce(sent, perSecond)) * 1000) / perSecond;
    const share = this.#share;
    for (const { kind, table, limits } of this.#budgets) {
      const key = subjects[kind];
      if (key === 0) continue;
      const packetsPerSecond = limits.packetsPerSecond * share;
      const optionPacketsPerSecond = limits.optionPacketsPerSecond * share;
      const place = table.claim(key);
      const change = { packets: sent - reserved, optionPackets: isOption ? sent - reserved : 0 };
      table.add(place, change.packets, change.optionPackets);
      this.#collaborators.onCounted?.({ kind, key, ...change });
      table.setPaidUntil(place, table.paidUntil(place) - unpaidMs(packetsPerSecond));
      if (isOption) table.setOptionPaidUntil(place, table.optionPaidUntil(place) - unpaidMs(optionPacketsPerSecond));
    }
  }

  #turnDay(now: number): void {
    const day = dayOf(now);
    if (day <= this.#day) return;
    this.#day = day;
    for (const kind of BUDGET_KINDS) this.tables[kind].startDay();
  }
}

const dayOf = (now: number): number => Math.floor(now / DAY_MS);

/** When a subject's packets would have been sent at the rate of its limit, one packet more of them after the other. */
function paidUntil(before: number, count: number, perSecond: number, now: number): number {
  return Math.max(before, now) + costMs(count, perSecond);
}

/** The time that the packets of a probe take at the rate of a limit, milliseconds. */
const costMs = (count: number, perSecond: number): number => (atOnce(count, perSecond) * 1000) / perSecond;

/**
 * Packets of one probe that count in the budget of a second: a traceroute sends its packets one after the other, and takes at most what the
 * budget lets through at once.
 */
const atOnce = (count: number, perSecond: number): number => Math.min(count, (perSecond * BURST_MS) / 1000);

/** Without a stack, because probes are refused often, and capturing a stack is slow. */
function exhausted(subject: string, details: ExhaustedBudget): ProbingError<'budgetExhausted'> {
  const packets = details.packets === 'all' ? 'packets' : 'packets with IP options';
  const until = new Date(Math.ceil(details.retryAt / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  const message = `the budget of the ${subject}, ${details.limit} ${packets} per ${details.per}, is exhausted until ${until}`;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new ProbingError('budgetExhausted', message, details);
  Error.stackTraceLimit = limit;
  return error;
}
