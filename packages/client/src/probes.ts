import { badAnswer, good, listed } from './answer.ts';
import { chunksOf } from './chunks.ts';
import type { Connection } from './connection.ts';
import { ClientError } from './errors.ts';
import { readEvents } from './events.ts';
import type { AcceptedProbes, NewProbes, ProbeSet, ProbeSetProgress } from './types.ts';

/** How raw probes are waited for. */
export interface ProbeWait {
  /** Receives the number of probes that have ended, and of all. Default: nobody is told. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Ends the wait. Default: none. */
  readonly signal?: AbortSignal;
}

/** Pauses before a broken event stream is opened again, in milliseconds. After the last one the client gives up. */
const RETRY_MS = [500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000];

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

  /** Waits until all probes have ended, and returns them. A broken event stream is opened again; the client gives up after about 25 s. */
  async wait(id: number, { onProgress, signal }: ProbeWait = {}): Promise<ProbeSet> {
    for (let failures = 0; ; failures++) {
      let failure = badAnswer(`the event stream of the probes ${id} ended before they had ended`);
      try {
        const body = await this.#connection.open(`/api/v2/probes/${id}/events`, signal);
        const events = readEvents(chunksOf(body));
        for (;;) {
          const next = await this.#connection.guard(() => events.next(), signal);
          if (next.done === true) break;
          failures = 0;
          const { value } = next;
          if (value.type === 'progress') onProgress?.(value.done, value.total);
          if (value.type === 'complete') return await this.get(id);
        }
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== 'unreachable') throw error;
        failure = error;
      }
      const pause = RETRY_MS[failures];
      if (pause === undefined) throw failure;
      await this.#connection.sleep(pause, signal);
    }
  }
}
