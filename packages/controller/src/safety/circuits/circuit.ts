import type { Ipv4Address } from '@revtr/net';
import { History, type Rise } from './history.ts';
import type { Outcome } from './outcome.ts';
import type { CircuitSettings } from './settings.ts';
import type { CircuitReason } from './tally.ts';

/** Results of a trial without which it is repeated. */
const LEAST_RESULTS = 3;
/** How long a trial waits for its results, milliseconds. */
const TRIAL_MS = 30_000;

/** `open`: nothing is sent; `halfOpen`: a few probes show whether the network has recovered. */
export type CircuitState = 'closed' | 'open' | 'halfOpen';

/** Why and how long a circuit is open. Times in milliseconds since the Unix epoch. */
export interface CircuitPause {
  readonly rise: Rise;
  readonly since: number;
  readonly until: number;
  /** Length of the pause; the next one is twice as long. */
  readonly openMs: number;
}

/**
 * Watches the probes to one network. It opens when their outcomes change for the worse; after a pause it lets a few trial probes through, and closes
 * when those fare as usual, or else pauses for twice as long.
 */
export class Circuit {
  readonly history: History;
  readonly #settings: CircuitSettings;
  #state: CircuitState = 'closed';
  #openMs: number;
  /** When the pause or the trial ends. */
  #until = 0;
  #since = 0;
  #rise: Rise | undefined;
  #trials = 0;
  #results = 0;
  #failures = 0;

  constructor(settings: CircuitSettings, now: number) {
    this.#settings = settings;
    this.history = new History(settings, now);
    this.#openMs = settings.openSeconds * 1000;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** What opened it; `undefined` when it never was open. */
  get cause(): Rise | undefined {
    return this.#rise;
  }

  /** What other processes must know to keep it open as well; `undefined` unless it is open. */
  get pause(): CircuitPause | undefined {
    if (this.#state === 'closed' || this.#rise === undefined) return undefined;
    return { rise: this.#rise, since: this.#since, until: this.#until, openMs: this.#openMs };
  }

  /** Opens it because another process has found out that it must be. */
  adopt({ rise, since, until, openMs }: CircuitPause, now: number): void {
    const mostMs = this.#settings.longestOpenSeconds * 1000;
    this.#rise = rise;
    this.#since = Math.min(since, now);
    this.#openMs = Math.min(openMs, mostMs);
    this.#state = 'open';
    this.#until = Math.min(until, now + mostMs);
    this.history.forget(now);
  }

  /** Closes it because the trial of another process has succeeded. */
  close(now: number): void {
    this.#state = 'closed';
    this.history.forget(now);
  }

  /** When it was opened, milliseconds since the Unix epoch. */
  get since(): number {
    return this.#since;
  }

  /** When a probe may be sent again, milliseconds since the Unix epoch; `undefined` when one may be sent now. */
  retryAt(now: number): number | undefined {
    if (this.#state === 'closed') return undefined;
    if (now >= this.#until) return undefined;
    return this.#state === 'halfOpen' && this.#trials < this.#settings.trialProbes ? undefined : this.#until;
  }

  /** Records that a probe is about to be sent. Returns whether it is part of a trial. */
  reserve(now: number): boolean {
    if (this.#state === 'closed') return false;
    if (now >= this.#until) {
      this.#state = 'halfOpen';
      this.#until = now + TRIAL_MS;
      this.#trials = 0;
      this.#results = 0;
      this.#failures = 0;
    }
    this.#trials++;
    return true;
  }

  /** Records the outcome of a probe that was sent while the circuit was closed. Returns whether it opens the circuit. */
  count(
    probe: { readonly outcome: Outcome; readonly isOption: boolean; readonly target: Ipv4Address },
    now: number,
    isOwnOutage: (isOption: boolean) => boolean,
  ): boolean {
    if (this.#state !== 'closed') return false;
    this.history.count(probe.outcome, probe.isOption, probe.target, now);
    const rise = probe.outcome === 'answered' ? undefined : this.history.rise(isOwnOutage);
    if (rise === undefined) return false;
    this.#rise = rise;
    this.#since = now;
    this.#openMs = this.#settings.openSeconds * 1000;
    this.#open(now);
    return true;
  }

  /** Records the outcome of a trial probe. Returns whether it closes the circuit. */
  countTrial(outcome: Outcome, now: number): boolean {
    if (this.#state !== 'halfOpen' || this.#rise === undefined) return false;
    this.#results++;
    if (isFailure(outcome, this.#rise.reason)) this.#failures++;
    if (this.#results < Math.max(LEAST_RESULTS, this.#settings.trialProbes)) return false;
    const { reason, usual } = this.#rise;
    if (this.#failures / this.#results < Math.min(1, usual + riseOf(this.#settings, reason))) {
      this.#state = 'closed';
      this.history.forget(now);
      return true;
    }
    this.#openMs = Math.min(this.#openMs * 2, this.#settings.longestOpenSeconds * 1000);
    this.#open(now);
    return false;
  }

  #open(now: number): void {
    this.#state = 'open';
    this.#until = now + this.#openMs;
    this.history.forget(now);
  }
}

const isFailure = (outcome: Outcome, reason: CircuitReason): boolean =>
  reason === 'silence'
    ? outcome === 'silent'
    : outcome === 'prohibited' || (reason === 'unreachable' && outcome === 'unreachable');

function riseOf({ prohibitedRise, unreachableRise, silenceRise }: CircuitSettings, reason: CircuitReason): number {
  return { prohibited: prohibitedRise, unreachable: unreachableRise, silence: silenceRise }[reason];
}
