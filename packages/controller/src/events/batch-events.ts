import type { StoredHop } from '../results/stored-result.ts';

/** What happens to a batch while it is measured. */
export type BatchEvent =
  | { readonly type: 'path'; readonly measurement: number; readonly hops: readonly StoredHop[] }
  | { readonly type: 'ended'; readonly measurement: number; readonly stopReason: string };

type Listener = (event: BatchEvent) => void;

/** Tells listeners in this process what happens to batches. */
export class BatchEvents {
  readonly #listeners = new Map<number, Set<Listener>>();

  /** Whether anybody listens to a batch: events for nobody need not be made. */
  hasListeners(batchId: number): boolean {
    return this.#listeners.has(batchId);
  }

  publish(batchId: number, event: BatchEvent): void {
    for (const listener of this.#listeners.get(batchId) ?? []) listener(event);
  }

  /** Returns how to end the subscription. */
  subscribe(batchId: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(batchId) ?? new Set();
    this.#listeners.set(batchId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(batchId);
    };
  }
}
