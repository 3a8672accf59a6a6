import { good, listed } from './answer.ts';
import type { Connection } from './connection.ts';
import { eventsAt } from './events.ts';
import { reopening } from './reopen.ts';
import type { AcceptedProbes, NewProbes, ProbeSet, ProbeSetProgress } from './types.ts';

/** How raw probes are waited for. */
export interface ProbeWait {
  /** Receives the number of probes that have ended, and of all. Default: nobody is told. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the wait. Default: none. */
  readonly signal?: AbortSignal;
}

/** Calls for raw probes: pings, Record Route and Timestamp probes, and traceroutes. Every method rejects with a {@link ClientError}. */
export class ProbesClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends probes, at most 1,000. The server has stored them when this resolves. */
  async send({ type, probes }: NewProbes): Promise<AcceptedProbes> {
    return good(this.#connection.api.POST('/api/v2/probes', { body: { type, probes: [...probes] } }));
  }

  /** Your requests for probes before the one with the id `before` (default: all), newest first; at most `limit` (default and most: 100). */
  async list({
    limit = 100,
    before,
  }: {
    readonly limit?: number;
    readonly before?: number;
  } = {}): Promise<readonly ProbeSetProgress[]> {
    const query = { limit, ...(before !== undefined && { before: String(before) }) };
    return listed((await good(this.#connection.api.GET('/api/v2/probes', { params: { query } }))).sets);
  }

  /** Probes with the results that there are. */
  async get(id: number): Promise<ProbeSet> {
    const params = { path: { id: String(id) } };
    const set = await good(this.#connection.api.GET('/api/v2/probes/{id}', { params }));
    listed(set.probes);
    return set;
  }

  /** Waits until all probes have ended, and returns them. A broken event stream is opened again; the client gives up after about 30 s. */
  async wait(id: number, { onProgress, signal }: ProbeWait = {}): Promise<ProbeSet> {
    return reopening(
      `the probes ${id}`,
      async (onEvent) => {
        for await (const event of eventsAt(`/api/v2/probes/${id}/events`, this.#connection, signal)) {
          onEvent();
          if (event.type === 'progress') onProgress?.(event.done, event.total);
          if (event.type === 'complete') return this.get(id);
        }
        return undefined;
      },
      (ms) => this.#connection.sleep(ms, signal),
    );
  }
}
