type Listener = (probeId: number) => void;

/** Tells listeners in this process which probes of a set have ended. */
export class ProbeEvents {
  readonly #listeners = new Map<number, Set<Listener>>();

  publish(setId: number, probeId: number): void {
    for (const listener of this.#listeners.get(setId) ?? []) listener(probeId);
  }

  /** Returns how to end the subscription. */
  subscribe(setId: number, listener: Listener): () => void {
    const listeners = this.#listeners.get(setId) ?? new Set();
    this.#listeners.set(setId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(setId);
    };
  }
}
