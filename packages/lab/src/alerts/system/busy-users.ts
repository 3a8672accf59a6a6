import { isClientError, ReverseTracerouteClient } from '@revtr/client';
import type { Clock } from '@revtr/probing';
import type { Pair } from '../../chaos/plan/batches.ts';

const EVERY_MS = 1_000;
/** A connection may be half open. */
const TIMEOUT_MS = 15_000;
/** Rounds from one batch, and from one raw probe, to the next. */
const ROUNDS_BETWEEN = 3;

export interface UsersOptions {
  readonly apis: readonly string[];
  readonly key: string;
  /** Addresses that can send raw probes, dotted quads. */
  readonly senders: readonly string[];
}

/** Users who look at their batches all the time, measure, and send raw probes, whatever happens to the system. */
export class BusyUsers {
  readonly #options: UsersOptions;
  readonly #nextPair: () => Pair;
  readonly #clock: Clock;

  constructor(options: UsersOptions, collaborators: { readonly nextPair: () => Pair; readonly clock: Clock }) {
    this.#options = options;
    this.#nextPair = collaborators.nextPair;
    this.#clock = collaborators.clock;
  }

  /** Works until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { apis, key } = this.#options;
    const users = apis.map((server) => new ReverseTracerouteClient({ server, key, timeoutMs: TIMEOUT_MS }));
    await Promise.all(users.map((user, i) => this.#use(user.withSignal(signal), i, signal)));
  }

  async #use(user: ReverseTracerouteClient, first: number, signal: AbortSignal): Promise<void> {
    const { senders } = this.#options;
    for (let round = first; !signal.aborted; round++) {
      const pair = this.#nextPair();
      const from = senders[round % senders.length];
      // Answers take long when something fails: the next request does not wait for them.
      void unlessFailing(user.batches());
      if (round % ROUNDS_BETWEEN === 0) {
        void unlessFailing(user.submit([pair], { skipInvalid: true }));
        void unlessFailing(user.probes.send({ type: 'ping', probes: [{ from, to: pair.dst }] }));
      }
      await this.#clock.sleep(EVERY_MS, signal).catch(() => undefined);
    }
  }
}

async function unlessFailing(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isClientError(error)) throw error;
  });
}
