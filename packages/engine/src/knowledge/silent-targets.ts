import type { Ipv4Address } from '@revtr/net';
import { BoundedMap } from '../collections/bounded-map.ts';
import { SilenceEvidence, type SilenceRules } from './silence-evidence.ts';

/** Options of {@link SilentTargets}. */
export interface SilentTargetsOptions extends SilenceRules {
  /** Number of silent targets after which the whole network is skipped, unless one of its targets has answered in the last `mostMs`. */
  readonly targetsOfNetwork: number;
  /** Most targets, and most networks, that are kept; the one that was used least recently is dropped first. */
  readonly capacity: number;
}

/** A ping with options that nobody answered although it was waited for until its own timeout. */
export interface Silence {
  readonly target: Ipv4Address;
  readonly sender: Ipv4Address;
  /** The source, to which the answer would have gone. */
  readonly source: Ipv4Address;
  /** When the ping was sent, milliseconds since the Unix epoch. An answer that came later outweighs the silence. */
  readonly sentAt: number;
}

/** A target that is skipped for a source from now on, or not any more. Times in milliseconds since the Unix epoch. */
export interface SilenceChange {
  readonly target: Ipv4Address;
  readonly source: Ipv4Address;
  readonly at: number;
  /** When the pause ends; without it, the target has answered. */
  readonly until?: number;
}

/** A silence is confirmed by another sender. Where there is none, the third silence of the same sender counts. */
const BY_ANOTHER_SENDER = { witnesses: 2, repeated: 3 };

/**
 * Targets that did not answer probes with options, and networks in which several did not. A target is skipped for a source when its silence
 * was confirmed by a second sender, and for all sources when that happened to two of them: one source alone may be the cause. Every
 * skip ends by itself, and at the next answer.
 */
export class SilentTargets {
  readonly #options: SilentTargetsOptions;
  readonly #networkOf: (address: Ipv4Address) => number | undefined;
  readonly #targets: BoundedMap<Ipv4Address, SilenceEvidence>;
  readonly #networks: BoundedMap<number, SilenceEvidence>;
  /** When each target, and a target of each network, last answered; by source. */
  readonly #answers: BoundedMap<string, number>;
  /** The last address of each /24 that has answered. */
  readonly #answering: BoundedMap<number, Ipv4Address>;
  #onChange: ((change: SilenceChange) => void) | undefined;

  constructor(options: SilentTargetsOptions, networkOf: (address: Ipv4Address) => number | undefined) {
    this.#options = options;
    this.#networkOf = networkOf;
    this.#targets = new BoundedMap(options);
    this.#networks = new BoundedMap(options);
    this.#answers = new BoundedMap(options);
    this.#answering = new BoundedMap(options);
  }

  /** Calls `listener` with each change that the pings of this process show. There is one listener. */
  follow(listener: (change: SilenceChange) => void): void {
    this.#onChange = listener;
  }

  /** Takes over what the pings of another process have shown, at `nowMs`. The latest change of a target and source holds. */
  adopt({ target, source, at, until }: SilenceChange, nowMs: number): void {
    // The clocks of processes differ.
    const from = Math.min(at, nowMs);
    if (this.#answeredSince(keyOf('target', target, source), from)) return;
    if (until === undefined) {
      this.#noteAnswer(target, source, from);
      return;
    }
    const evidence = this.#targets.getOrAdd(target, () => new SilenceEvidence(this.#options, BY_ANOTHER_SENDER));
    if (evidence.pause(source, from, Math.min(until, nowMs + this.#options.mostMs)))
      this.#noteSilentTarget(target, source, from);
  }

  /** Whether pings with options from `source`, or for it, to the target are to be skipped at `nowMs` (milliseconds since the Unix epoch). */
  isSilent(target: Ipv4Address, source: Ipv4Address, nowMs: number): boolean {
    const network = this.#networkOf(target);
    return (
      this.#targets.get(target)?.isPaused(source, nowMs) === true ||
      (network !== undefined && this.#networks.get(network)?.isPaused(source, nowMs) === true)
    );
  }

  /** Records a silence at `nowMs` (milliseconds since the Unix epoch). */
  recordSilence({ target, sender, source, sentAt }: Silence, nowMs: number): void {
    if (this.#answeredSince(keyOf('target', target, source), sentAt)) return;
    const rules = this.#options;
    const evidence = this.#targets.getOrAdd(target, () => new SilenceEvidence(rules, BY_ANOTHER_SENDER));
    if (!evidence.add(source, sender, nowMs)) return;
    const until = evidence.pausedUntil(source, nowMs);
    if (until !== undefined) this.#onChange?.({ target, source, at: nowMs, until });
    this.#noteSilentTarget(target, source, nowMs);
  }

  /** The silence of a target towards a source was confirmed: it counts for its network. */
  #noteSilentTarget(target: Ipv4Address, source: Ipv4Address, nowMs: number): void {
    const rules = this.#options;
    const network = this.#networkOf(target);
    if (network === undefined || this.#answeredSince(keyOf('network', network, source), nowMs - rules.mostMs)) return;
    const ofNetwork = () => new SilenceEvidence(rules, { witnesses: rules.targetsOfNetwork });
    this.#networks.getOrAdd(network, ofNetwork).add(source, target, nowMs);
  }

  /** Records that a target answered a ping from `source`, or for it, at `nowMs` (milliseconds since the Unix epoch). */
  recordAnswer(target: Ipv4Address, source: Ipv4Address, nowMs: number): void {
    if (this.#onChange !== undefined && this.#isPausedForAny(target, source, nowMs))
      this.#onChange({ target, source, at: nowMs });
    this.#noteAnswer(target, source, nowMs);
  }

  /** Whether the answer of a target ends a pause: that of the target, or that of its network. */
  #isPausedForAny(target: Ipv4Address, source: Ipv4Address, nowMs: number): boolean {
    return this.isSilent(target, source, nowMs) || this.#targets.get(target)?.hasPause(nowMs) === true;
  }

  #noteAnswer(target: Ipv4Address, source: Ipv4Address, nowMs: number): void {
    this.#answers.set(keyOf('target', target, source), nowMs);
    this.#targets.get(target)?.clear(source, nowMs);
    this.#answering.set(target >>> 8, target);
    const network = this.#networkOf(target);
    if (network === undefined) return;
    this.#answers.set(keyOf('network', network, source), nowMs);
    this.#networks.get(network)?.clear(source, nowMs);
  }

  /** The last other address of the same /24 that answered, if any. */
  answeringBeside(target: Ipv4Address): Ipv4Address[] {
    const address = this.#answering.get(target >>> 8);
    return address === undefined || address === target ? [] : [address];
  }

  #answeredSince(key: string, at: number): boolean {
    const answeredAt = this.#answers.get(key);
    return answeredAt !== undefined && answeredAt >= at;
  }
}

const keyOf = (kind: 'target' | 'network', subject: number, source: Ipv4Address): string =>
  `${kind} ${subject} ${source}`;
