import type { Ipv4Address } from '@revtr/net';
import type { Outcome } from './outcome.ts';
import type { CircuitSettings } from './settings.ts';
import { type CircuitReason, shareOf, Tally } from './tally.ts';

/** Probes without which the usual level of a network is not known. */
const KNOWN_PROBES = 50;
/** Part of the past that a new window leaves: about the last fifty count. */
const KEEP = 0.98;
/** How often an address counts in a window, so that a few dead ones that are probed often do not stand for their network. */
const MOST_OF_ADDRESS = 4;
/** Addresses whose probes are counted in a window; those of others count without a limit. */
const MOST_ADDRESSES = 64;
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
  readonly #probesOf = new Map<Ipv4Address, number>();

  constructor(settings: CircuitSettings, now: number) {
    this.#settings = settings;
    this.#startedAt = now;
  }

  count(outcome: Outcome, isOption: boolean, target: Ipv4Address, now: number): void {
    const elapsedMs = now - this.#startedAt;
    const windowMs = this.#settings.windowSeconds * 1000;
    const isFull = this.#window.probes >= this.#settings.leastProbes;
    if (elapsedMs >= windowMs * (isFull ? 1 : MOST_LENGTHS)) this.#turn(now);
    const before = this.#probesOf.get(target) ?? 0;
    if (before >= MOST_OF_ADDRESS) return;
    if (before > 0 || this.#probesOf.size < MOST_ADDRESSES) this.#probesOf.set(target, before + 1);
    this.#window.count(outcome, isOption);
  }

  /** Forgets the current window, which is not usual. */
  forget(now: number): void {
    this.#window = new Tally();
    this.#probesOf.clear();
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
    if (now.probes < leastProbes) return undefined;
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
