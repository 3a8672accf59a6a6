import type { Ipv4Address } from '@revtr/net';
import { backOff } from '@revtr/probing';

/** Options of {@link SilentTargets}. */
export interface SilentTargetsOptions {
  /** How long a target is skipped after its first silence, milliseconds. */
  readonly firstMs: number;
  /** Longest time for which a target is skipped, milliseconds. */
  readonly mostMs: number;
  /** Number of silent targets in a row after which the whole network is skipped. */
  readonly targetsOfNetwork: number;
  /** Most targets, and most networks, that are kept; the oldest is dropped first. */
  readonly capacity: number;
}

/** Pauses that double with every further silence. */
class Pauses<Key> {
  readonly #options: SilentTargetsOptions;
  /** Silences before the first pause. */
  readonly #free: number;
  readonly #entries = new Map<Key, { readonly until: number; readonly silences: number }>();

  constructor(options: SilentTargetsOptions, free: number) {
    this.#options = options;
    this.#free = free;
  }

  isPaused(key: Key, nowMs: number): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && nowMs < entry.until;
  }

  silence(key: Key, nowMs: number): void {
    const { firstMs, mostMs, capacity } = this.#options;
    const silences = (this.#entries.get(key)?.silences ?? 0) + 1;
    const pause = silences <= this.#free ? 0 : backOff({ firstMs, mostMs, jitter: 0 }, silences - this.#free, () => 0);
    this.#entries.delete(key);
    this.#entries.set(key, { until: nowMs + pause, silences });
    if (this.#entries.size <= capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  answer(key: Key): void {
    this.#entries.delete(key);
  }
}

/**
 * Targets that did not answer probes with options, and networks in which several did not. Each further silence doubles the time for which
 * they are skipped; an answer ends it.
 */
export class SilentTargets {
  readonly #networkOf: (address: Ipv4Address) => number | undefined;
  readonly #targets: Pauses<Ipv4Address>;
  readonly #networks: Pauses<number>;
  /** The last address of each /24 that has answered. */
  readonly #answering = new Map<number, Ipv4Address>();
  readonly #capacity: number;

  constructor(options: SilentTargetsOptions, networkOf: (address: Ipv4Address) => number | undefined) {
    this.#networkOf = networkOf;
    this.#capacity = options.capacity;
    this.#targets = new Pauses(options, 0);
    this.#networks = new Pauses(options, options.targetsOfNetwork - 1);
  }

  /** Whether the target, or its network, is to be skipped now. */
  isSilent(target: Ipv4Address, nowMs: number): boolean {
    const network = this.#networkOf(target);
    return this.#targets.isPaused(target, nowMs) || (network !== undefined && this.#networks.isPaused(network, nowMs));
  }

  /** Records that a target did not answer, at `nowMs` (milliseconds since the Unix epoch). */
  recordSilence(target: Ipv4Address, nowMs: number): void {
    this.#targets.silence(target, nowMs);
    const network = this.#networkOf(target);
    if (network !== undefined) this.#networks.silence(network, nowMs);
  }

  /** The last other address of the same /24 that answered, if any. */
  answeringBeside(target: Ipv4Address): Ipv4Address[] {
    const address = this.#answering.get(target >>> 8);
    return address === undefined || address === target ? [] : [address];
  }

  /** Records that a target answered. */
  recordAnswer(target: Ipv4Address): void {
    this.#targets.answer(target);
    this.#answering.delete(target >>> 8);
    this.#answering.set(target >>> 8, target);
    const [oldest] = this.#answering.keys();
    if (this.#answering.size > this.#capacity) this.#answering.delete(oldest);
    const network = this.#networkOf(target);
    if (network !== undefined) this.#networks.answer(network);
  }
}
