import { isClientError, type ReverseTracerouteClient } from '@revtr/client';
import type { Clock } from '@revtr/probing';
import type { HistoryWriter } from './history-writer.ts';

export interface CallCollaborators {
  /** A client for each API, of one user. */
  readonly clients: readonly ReverseTracerouteClient[];
  readonly history: HistoryWriter;
  readonly clock: Clock;
}

const RETRY_MS = 1_000;

/** Calls of one user, each of which is repeated until an API answers. */
export class PersistentCalls {
  readonly #collaborators: CallCollaborators;
  #api: number;

  constructor(options: { readonly firstApi: number }, collaborators: CallCollaborators) {
    this.#collaborators = collaborators;
    this.#api = options.firstApi;
  }

  /** Calls one API after the other until a call succeeds. @throws {ClientError} when the server refuses the call, or `signal` fires */
  async persist<T>(
    call: string,
    work: (client: ReverseTracerouteClient) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const { clients, history, clock } = this.#collaborators;
    for (;;) {
      try {
        return await work(clients[this.#api % clients.length].withSignal(signal));
      } catch (error) {
        if (!isClientError(error) || isFinal(error.code)) throw error;
        history.write({ type: 'failed', call, code: error.code, reason: error.message.slice(0, 200) });
        this.#api++;
        await clock.sleep(RETRY_MS, signal);
      }
    }
  }
}

const isFinal = (code: string): boolean => code === 'refused' || code === 'cancelled';
