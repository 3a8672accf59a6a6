import { formatPrefix, type Ipv4Address } from '@revtr/net';
import { type Clock, type OpenCircuit, ProbingError } from '@revtr/probing';
import { hasOption } from '../budgets/packet-counts.ts';
import type { GuardedRequest, GuardedResult, ProbeGuard } from '../guarded-prober.ts';
import { type NetworkLookup, prefixKey, prefixOfKey } from '../network-lookup.ts';
import type { ProbeCause } from '../probe-context.ts';
import { Circuit, type CircuitPause, type CircuitState } from './circuit.ts';
import { History } from './history.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { RecentOutcomes } from './recent-outcomes.ts';
import type { CircuitSettings } from './settings.ts';
import type { CircuitReason } from './tally.ts';

/** Networks that are watched at once; those that were first seen longest ago are forgotten first, unless they are suspended. */
const MOST_CIRCUITS = 20_000;
/** Networks that may be suspended because another process says so. */
const MOST_ADOPTED = 10_000;
/** A probe that nobody waits for any longer was silent if it was waited for so long, milliseconds: the shortest wait for an answer. */
const SILENT_AFTER_MS = 300;
/** Other networks are silent as well when their share of silence has risen by so much. */
const OWN_OUTAGE_RISE = 0.25;

/** A network whose probing is suspended. */
export interface CircuitReport {
  readonly kind: 'as' | 'prefix';
  readonly subject: string;
  readonly state: Exclude<CircuitState, 'closed'>;
  readonly reason: CircuitReason;
  /** Share of the probes when it opened, and usually; 0 to 1. */
  readonly share: number;
  readonly usual: number;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  /** When the next probe may be sent; `undefined`: now, as a trial. */
  readonly retryAt: number | undefined;
}

/** A circuit has opened, stays open after a trial, or has closed. */
export interface CircuitNews {
  /** AS number; for a prefix, its negative key. */
  readonly network: number;
  /** When, milliseconds since the Unix epoch. */
  readonly at: number;
  /** `undefined`: it has closed. */
  readonly pause?: CircuitPause | undefined;
}

export interface CircuitBreakerCollaborators {
  readonly networks: NetworkLookup;
  /** Whether an address is that of a source or vantage point of this system. Those are not watched. */
  readonly isOwn: (address: Ipv4Address) => boolean;
  readonly clock: Clock;
  readonly onOpened: (circuit: CircuitReport) => void;
  readonly onClosed: (kind: 'as' | 'prefix', subject: string) => void;
  /** Told what the probes of this process have shown, for other processes. Default: nobody is. */
  readonly onNews?: (news: CircuitNews) => void;
}

interface Watched {
  readonly kind: 'as' | 'prefix';
  readonly key: number;
  readonly circuit: Circuit;
  /** When it last opened or closed here or in another process, milliseconds since the Unix epoch. */
  changedAt: number;
}

/**
 * Suspends probing of a network (an AS, or an announced prefix whose AS is not known) whose answers change for the worse, and resumes it when
 * trial probes fare as usual.
 */
export class CircuitBreaker implements ProbeGuard {
  readonly #settings: CircuitSettings;
  readonly #collaborators: CircuitBreakerCollaborators;
  /** By AS number; prefixes by their negative key. */
  readonly #watched = new Map<number, Watched>();
  /** All networks together. */
  readonly #everything: History;
  readonly #recent = new RecentOutcomes();
  readonly #suspended = new Set<Watched>();
  readonly #trials = new WeakSet<GuardedRequest>();

  constructor(settings: CircuitSettings, collaborators: CircuitBreakerCollaborators) {
    this.#settings = settings;
    this.#collaborators = collaborators;
    this.#everything = new History(settings, collaborators.clock.now());
  }

  /** The networks whose probing is suspended. */
  get suspended(): CircuitReport[] {
    return [...this.#suspended].map((watched) => this.#report(watched));
  }

  /** Takes over what the probes of another process have shown. The latest news about a network hold. */
  adopt({ network, at, pause }: CircuitNews): void {
    const now = this.#collaborators.clock.now();
    const known = this.#watched.get(network);
    if (known === undefined && (pause === undefined || this.#suspended.size >= MOST_ADOPTED)) return;
    const watched = known ?? this.#watch(network, now);
    if (watched === undefined || at <= watched.changedAt) return;
    // The clocks of processes differ.
    watched.changedAt = Math.min(at, now);
    if (pause === undefined) {
      watched.circuit.close(now);
      this.#suspended.delete(watched);
    } else {
      watched.circuit.adopt(pause, now);
      this.#suspended.add(watched);
    }
  }

  /** @throws {ProbingError} `circuitOpen` */
  before(request: GuardedRequest): void {
    if (this.#suspended.size === 0) return;
    const now = this.#collaborators.clock.now();
    const watched = this.#find(request.target, now);
    const retryAt = watched?.circuit.retryAt(now);
    if (watched === undefined || retryAt === undefined) return;
    throw open({ kind: watched.kind, subject: subjectOf(watched), retryAt });
  }

  reserve(request: GuardedRequest): number {
    if (this.#suspended.size === 0) return 0;
    const now = this.#collaborators.clock.now();
    if (this.#find(request.target, now)?.circuit.reserve(now) === true) this.#trials.add(request);
    return 0;
  }

  after(request: GuardedRequest, result: GuardedResult): void {
    this.#count(request, outcomeOf(result));
  }

  abandoned(request: GuardedRequest, _cause: ProbeCause | undefined, waitedMs: number): void {
    if (waitedMs >= SILENT_AFTER_MS) this.#count(request, 'silent');
  }

  #count(request: GuardedRequest, outcome: Outcome): void {
    const now = this.#collaborators.clock.now();
    const key = this.#keyOf(request.target, now);
    const watched = this.#watched.get(key) ?? this.#watch(key, now);
    if (watched === undefined) return;
    const { circuit } = watched;
    if (this.#suspended.size > 0 && this.#trials.delete(request)) {
      const { pause } = circuit;
      const isClosed = circuit.countTrial(outcome, now);
      if (circuit.pause?.until !== pause?.until) this.#tell(watched, key, now);
      if (!isClosed) return;
      this.#suspended.delete(watched);
      this.#collaborators.onClosed(watched.kind, subjectOf(watched));
      return;
    }
    const isOption = hasOption(request);
    this.#everything.count(outcome, isOption, request.target, now);
    this.#recent.add(key, isOption, outcome === 'silent', now);
    const probe = { outcome, isOption, target: request.target };
    if (!circuit.count(probe, now, (option) => this.#isOwnOutage(option, key, now))) return;
    this.#suspended.add(watched);
    this.#tell(watched, key, now);
    this.#collaborators.onOpened(this.#report(watched));
  }

  #tell(watched: Watched, network: number, now: number): void {
    watched.changedAt = now;
    this.#collaborators.onNews?.({ network, at: now, pause: watched.circuit.pause });
  }

  /** Whether the other networks have fallen silent as well: then the fault is on the side of the vantage points. */
  #isOwnOutage(isOption: boolean, key: number, now: number): boolean {
    const since = now - this.#settings.windowSeconds * 1000;
    const silence = this.#recent.silenceOfOthers(key, isOption, since);
    return silence !== undefined && silence >= this.#everything.usualSilence(isOption) + OWN_OUTAGE_RISE;
  }

  #find(target: Ipv4Address, now: number): Watched | undefined {
    return this.#watched.get(this.#keyOf(target, now));
  }

  #watch(key: number, now: number): Watched | undefined {
    if (key === 0) return undefined;
    if (this.#watched.size >= MOST_CIRCUITS) this.#forgetOldest();
    const circuit = new Circuit(this.#settings, now);
    const watched: Watched = { kind: key > 0 ? 'as' : 'prefix', key: Math.abs(key), circuit, changedAt: 0 };
    this.#watched.set(key, watched);
    return watched;
  }

  #forgetOldest(): void {
    for (const [key, watched] of this.#watched) {
      if (this.#suspended.has(watched)) continue;
      this.#watched.delete(key);
      return;
    }
  }

  /** 0 for an address that nobody is known to announce, and for the system's own hosts. */
  #keyOf(target: Ipv4Address, now: number): number {
    if (this.#collaborators.isOwn(target)) return 0;
    const { asn, prefix } = this.#collaborators.networks.of(target, now);
    return asn ?? (prefix === undefined ? 0 : -prefixKey(prefix));
  }

  #report(watched: Watched): CircuitReport {
    const { kind, circuit } = watched;
    const { reason, share, usual } = circuit.cause ?? { reason: 'silence', share: 0, usual: 0 };
    const state = circuit.state === 'halfOpen' ? 'halfOpen' : 'open';
    const retryAt = circuit.retryAt(this.#collaborators.clock.now());
    return { kind, subject: subjectOf(watched), state, reason, share, usual, since: circuit.since, retryAt };
  }
}

const subjectOf = ({ kind, key }: Watched): string => (kind === 'as' ? `AS${key}` : formatPrefix(prefixOfKey(key)));

/** Without a stack, because probes are refused often, and capturing a stack is slow. */
function open(details: OpenCircuit): ProbingError<'circuitOpen'> {
  const until = new Date(Math.ceil(details.retryAt / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new ProbingError(
    'circuitOpen',
    `probing of ${details.subject} is suspended until ${until}, because its answers have changed for the worse`,
    details,
  );
  Error.stackTraceLimit = limit;
  return error;
}
