import type { Ipv4Address } from '@revtr/net';

export interface SilentTargetsOptions {
  /** How long a target is left alone after its first silence, milliseconds. */
  readonly firstMs: number;
  /** Longest time it is left alone, milliseconds. */
  readonly mostMs: number;
  /** Most targets remembered; the oldest is forgotten first. */
  readonly capacity: number;
}

/** Targets that did not answer probes with options: each further silence doubles the time they are left alone. */
export class SilentTargets {
  readonly #options: SilentTargetsOptions;
  readonly #entries = new Map<Ipv4Address, { readonly until: number; readonly silences: number }>();

  constructor(options: SilentTargetsOptions) {
    this.#options = options;
  }

  isSilent(target: Ipv4Address, nowMs: number): boolean {
    const entry = this.#entries.get(target);
    return entry !== undefined && nowMs < entry.until;
  }

  recordSilence(target: Ipv4Address, nowMs: number): void {
    const silences = (this.#entries.get(target)?.silences ?? 0) + 1;
    const pause = Math.min(this.#options.mostMs, this.#options.firstMs * 2 ** (silences - 1));
    this.#entries.delete(target);
    this.#entries.set(target, { until: nowMs + pause, silences });
    if (this.#entries.size <= this.#options.capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }

  recordAnswer(target: Ipv4Address): void {
    this.#entries.delete(target);
  }
}
