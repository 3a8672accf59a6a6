import type { StoredHop } from './stored-result.ts';

/** What happens to a batch while it is measured. */
export type BatchEvent =
  | { readonly type: 'path'; readonly measurement: number; readonly hops: readonly StoredHop[] }
  | {
      readonly type: 'trying';
      readonly measurement: number;
      /** Name of a technique, `roundTripTimes` or `forwardTraceroute`. */
      readonly technique: string;
      /** Dotted quad. */
      readonly hop: string;
      /** How many vantage points were asked at the same time. */
      readonly vantagePoints?: number;
    }
  | { readonly type: 'rtt'; readonly measurement: number; readonly hop: string; readonly rttMs: number }
  | { readonly type: 'ended'; readonly measurement: number; readonly stopReason: string };

type Listener = (event: BatchEvent) => void;

interface Subscription {
  readonly paths: boolean;
  readonly listener: Listener;
}

/** Other processes that follow batches, see {@link BatchEvents.relayTo}. */
export interface BatchRelay {
  /** Whether another process wants to see how the measurements of a batch go on. */
  wantsPaths(batchId: number): boolean;
  /** Tells other processes, if one of them follows the batch. */
  publish(batchId: number, event: BatchEvent): void;
  /** A listener of this process follows a batch from now on. */
  subscribed(batchId: number, paths: boolean): void;
}

/** Tells listeners what happens to batches. */
export class BatchEvents {
  readonly #subscriptions = new Map<number, Set<Subscription>>();
  #relay: BatchRelay | undefined;

  /** Tells other processes as well. */
  relayTo(relay: BatchRelay): void {
    this.#relay = relay;
  }

  /** The batches that listeners of this process follow, and whether one of them wants to see how the measurements go on. */
  followed(): readonly { readonly batchId: number; readonly paths: boolean }[] {
    return [...this.#subscriptions.keys()].map((batchId) => ({ batchId, paths: this.#listensToPaths(batchId) }));
  }

  /** Whether a listener wants to see how the measurements of a batch go on, and not only that they end. */
  wantsPaths(batchId: number): boolean {
    return this.#listensToPaths(batchId) || this.#relay?.wantsPaths(batchId) === true;
  }

  #listensToPaths(batchId: number): boolean {
    for (const { paths } of this.#subscriptions.get(batchId) ?? []) if (paths) return true;
    return false;
  }

  publish(batchId: number, event: BatchEvent): void {
    this.deliver(batchId, event);
    this.#relay?.publish(batchId, event);
  }

  /** Tells the listeners of this process alone: another process was the first to know. */
  deliver(batchId: number, event: BatchEvent): void {
    for (const { paths, listener } of this.#subscriptions.get(batchId) ?? []) {
      if (paths || event.type === 'ended') listener(event);
    }
  }

  /** Returns how to end the subscription. */
  subscribe(batchId: number, { paths }: { readonly paths: boolean }, listener: Listener): () => void {
    const subscription = { paths, listener };
    const subscriptions = this.#subscriptions.get(batchId) ?? new Set();
    this.#subscriptions.set(batchId, subscriptions.add(subscription));
    this.#relay?.subscribed(batchId, paths);
    return () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0) this.#subscriptions.delete(batchId);
    };
  }
}
