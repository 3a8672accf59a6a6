import type { Transport } from './transport.ts';

type OnData = (data: Uint8Array) => void;

interface Subscription {
  readonly by: InProcessTransport;
  readonly onData: OnData;
}

/** Where the transports of one process meet. */
export class InProcessExchange {
  readonly #subscriptions = new Map<string, Set<Subscription>>();

  subscribe(subject: string, subscription: Subscription): () => void {
    const subscriptions = this.#subscriptions.get(subject) ?? new Set();
    this.#subscriptions.set(subject, subscriptions.add(subscription));
    return () => {
      subscriptions.delete(subscription);
      if (subscriptions.size === 0 && this.#subscriptions.get(subject) === subscriptions)
        this.#subscriptions.delete(subject);
    };
  }

  publish(subject: string, data: Uint8Array, from: InProcessTransport): void {
    for (const { by, onData } of this.#subscriptions.get(subject) ?? [])
      if (by !== from)
        setImmediate(() => {
          if (by.isConnected) onData(data);
        });
  }
}

/** A {@link Transport} inside one process. */
export class InProcessTransport implements Transport {
  readonly #exchange: InProcessExchange;
  readonly #listeners: ((isConnected: boolean) => void)[] = [];
  readonly #subscriptions = new Set<() => void>();
  #isConnected = true;

  constructor(collaborators: { readonly exchange: InProcessExchange }) {
    this.#exchange = collaborators.exchange;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  publish(subject: string, data: Uint8Array): boolean {
    if (this.#isConnected) this.#exchange.publish(subject, data, this);
    return this.#isConnected;
  }

  subscribe(subject: string, onData: OnData): () => void {
    const unsubscribe = this.#exchange.subscribe(subject, { by: this, onData });
    this.#subscriptions.add(unsubscribe);
    return () => {
      this.#subscriptions.delete(unsubscribe);
      unsubscribe();
    };
  }

  onConnection(listener: (isConnected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  /** For tests: loses all messages from now on, or ends that. */
  cut(isCut: boolean): void {
    this.#isConnected = !isCut;
    for (const tell of this.#listeners) tell(!isCut);
  }

  async close(): Promise<void> {
    this.#isConnected = false;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
  }
}
