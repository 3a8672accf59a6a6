import type { Ipv4Address } from '@revtr/net';
import type { Outcome } from './outcome.ts';
import type { CircuitSettings } from './settings.ts';
import { type CircuitReason, shareOf, Tally } from './tally.ts';

/** Probes without which the usual level of a network is not known. */
const KNOWN_PROBES = 50;
/** Part of the past that a new window leaves: about the last fifty count. */
const KEEP = 0.98;
/** Different targets without which a few dead addresses would stand for their network. */
const LEAST_TARGETS = 5;
/** A window that has too few probes is not kept open longer than so many of its lengths. */
const MOST_LENGTHS = 10;

/** A share that has risen. */
export interface Rise {
  readonly reason: CircuitReason;
  /** Share of the probes now, and usually; 0 to 1. */
  readonly share: number;
  readonly usual: number;
}

/** The outcomes of probes to a network: now, and usually. */
export class History {
  readonly #settings: CircuitSettings;
  readonly #usual = new Tally();
  #window = new Tally();
  #startedAt: number;
  #failing: Ipv4Address[] = [];

  constructor(settings: CircuitSettings, now: number) {
    this.#settings = settings;
    this.#startedAt = now;
  }

  /** What the current window has counted. */
  get window(): Tally {
    return this.#window;
  }

  count(outcome: Outcome, isOption: boolean, target: Ipv4Address, now: number): void {
    const elapsedMs = now - this.#startedAt;
    const windowMs = this.#settings.windowSeconds * 1000;
    const isFull = this.#window.probes >= this.#settings.leastProbes;
    if (elapsedMs >= windowMs * (isFull ? 1 : MOST_LENGTHS)) this.#turn(now);
    this.#window.count(outcome, isOption);
    if (outcome === 'answered' || this.#failing.length >= LEAST_TARGETS || this.#failing.includes(target)) return;
    this.#failing.push(target);
  }

  /** Forgets the current window, which is not usual. */
  forget(now: number): void {
    this.#window = new Tally();
    this.#failing = [];
    this.#startedAt = now;
  }

  /**
   * The share that has risen too far above its usual level, if any. A network that always ignores packets with options has no rise of
   * silence; nor has one whose usual level is not known.
   *
   * @param isOwnOutage whether other networks have fallen silent as well: for packets with options, and for others
   */
  rise(isOwnOutage: (isOption: boolean) => boolean): Rise | undefined {
    const { leastProbes, prohibitedRise, unreachableRise } = this.#settings;
    const [now, usual] = [this.#window, this.#usual];
    if (now.probes < leastProbes || this.#failing.length < LEAST_TARGETS) return undefined;
    // A network that answers so from the beginning does not want the probes either: its usual level counts as 0 until it is known.
    const prohibited = { share: shareOf(now.prohibited, now.probes), usual: shareOf(usual.prohibited, usual.probes) };
    if (prohibited.share >= prohibited.usual + prohibitedRise) return { reason: 'prohibited', ...prohibited };
    const unreachable = {
      share: shareOf(now.unreachable, now.probes),
      usual: shareOf(usual.unreachable, usual.probes),
    };
    if (usual.probes >= KNOWN_PROBES && unreachable.share >= unreachable.usual + unreachableRise)
      return { reason: 'unreachable', ...unreachable };
    return this.#silence(true, isOwnOutage) ?? this.#silence(false, isOwnOutage);
  }

  /** The usual share of probes without an answer, of those with IP options or of those without. */
  usualSilence(isOption: boolean): number {
    return this.#silenceOf(isOption).usual;
  }

  #silence(isOption: boolean, isOwnOutage: (isOption: boolean) => boolean): Rise | undefined {
    const { leastProbes, silenceRise } = this.#settings;
    const { share, usual, probes, usualProbes } = this.#silenceOf(isOption);
    const isKnown = probes >= leastProbes && usualProbes >= KNOWN_PROBES;
    if (!isKnown || share < usual + silenceRise || isOwnOutage(isOption)) return undefined;
    return { reason: 'silence', share, usual };
  }

  #silenceOf(isOption: boolean) {
    const [now, usual] = [this.#window, this.#usual];
    const probes = isOption ? now.optionProbes : now.plainProbes;
    const usualProbes = isOption ? usual.optionProbes : usual.plainProbes;
    return {
      probes,
      usualProbes,
      share: shareOf(isOption ? now.silentOptionProbes : now.silentPlainProbes, probes),
      usual: shareOf(isOption ? usual.silentOptionProbes : usual.silentPlainProbes, usualProbes),
    };
  }

  #turn(now: number): void {
    this.#usual.blend(this.#window, KEEP);
    this.forget(now);
  }
}
