import type { Ipv4Address } from '@revtr/net';

/** Why an agent is tested: it connected, its regular test is due, its quarantine ended, or its owner or an operator requested a test. */
export type TestCause = 'connected' | 'periodic' | 'released' | 'asked';

export interface TestQueueCollaborators {
  /** Tests one agent and acts on the result. It ends early when `signal` fires. */
  readonly test: (address: Ipv4Address, cause: TestCause, signal: AbortSignal) => Promise<void>;
  /** Receives what a test rejects with. */
  readonly onError: (address: Ipv4Address, error: unknown) => void;
}

/**
 * Agents waiting to be tested. Each waits at most once, so the queue is no longer than the list of agents. Tests that somebody has asked for come
 * first: when many agents connect at once, the others take minutes.
 */
export class TestQueue {
  readonly #mostAtOnce: number;
  readonly #collaborators: TestQueueCollaborators;
  readonly #asked = new Map<Ipv4Address, TestCause>();
  readonly #waiting = new Map<Ipv4Address, TestCause>();
  readonly #underWay = new Map<Ipv4Address, Promise<void>>();
  #over = new AbortController();

  /** @param options `mostAtOnce`: tests under way at the same time; more would disturb each other's probes. */
  constructor(options: { readonly mostAtOnce: number }, collaborators: TestQueueCollaborators) {
    this.#mostAtOnce = options.mostAtOnce;
    this.#collaborators = collaborators;
  }

  /** Queues an agent. One that waits already keeps its place and its cause, unless somebody asks for its test. */
  add(address: Ipv4Address, cause: TestCause): void {
    if (this.#over.signal.aborted) return;
    if (cause === 'asked') this.#waiting.delete(address);
    const isWaiting = this.#asked.has(address) || this.#waiting.has(address);
    if (!isWaiting) (cause === 'asked' ? this.#asked : this.#waiting).set(address, cause);
    this.#fill();
  }

  /** Whether a test of the agent is under way. */
  isTesting(address: Ipv4Address): boolean {
    return this.#underWay.has(address);
  }

  /** Takes tests again after {@link stop}. */
  resume(): void {
    if (this.#over.signal.aborted) this.#over = new AbortController();
  }

  /** Ends the tests under way, forgets the waiting ones, and takes no more. */
  async stop(): Promise<void> {
    this.#over.abort();
    this.#asked.clear();
    this.#waiting.clear();
    await Promise.all(this.#underWay.values());
  }

  #fill(): void {
    for (const queue of [this.#asked, this.#waiting])
      for (const [address, cause] of queue) {
        if (this.#underWay.size >= this.#mostAtOnce) return;
        if (this.#underWay.has(address)) continue;
        queue.delete(address);
        this.#underWay.set(address, this.#run(address, cause));
      }
  }

  async #run(address: Ipv4Address, cause: TestCause): Promise<void> {
    const { test, onError } = this.#collaborators;
    const { signal } = this.#over;
    try {
      await test(address, cause, signal);
    } catch (error) {
      if (!signal.aborted) onError(address, error);
    } finally {
      this.#underWay.delete(address);
      this.#fill();
    }
  }
}
