import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';

/** Work that waits for agents to connect. */
export class Arrivals {
  readonly #clock: Clock;
  readonly #awaited = new Map<Ipv4Address, Set<AbortController>>();

  constructor(collaborators: { readonly clock: Clock }) {
    this.#clock = collaborators.clock;
  }

  /** Resolves when the agent of an address arrives, when the time is over, or when `signal` fires. */
  async wait(address: Ipv4Address, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const over = new AbortController();
    const waiting = this.#awaited.get(address) ?? new Set();
    this.#awaited.set(address, waiting.add(over));
    const until = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]);
    await this.#clock.sleep(timeoutMs, until).catch(() => undefined);
    waiting.delete(over);
    if (waiting.size === 0) this.#awaited.delete(address);
  }

  /** The agent of an address has arrived. */
  arrived(address: Ipv4Address): void {
    for (const over of this.#awaited.get(address) ?? []) over.abort();
  }
}
