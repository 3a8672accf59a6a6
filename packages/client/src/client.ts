import { type ClientOptions, Connection, good, toClientError } from './connection.ts';
import { ClientError, type ServerDetail } from './errors.ts';
import { type BatchEvent, readEvents } from './events.ts';
import { FleetClient } from './fleet.ts';
import type { Batch, Measurement, RequestedPair, RevtrResponse, SourceInfo } from './types.ts';

/** A batch that the server has taken. */
export interface Submitted {
  readonly batchId: number;
  readonly resultUri: string;
  /** Pairs left out, when that was allowed. */
  readonly rejected: readonly (ServerDetail & { readonly index: number })[];
}

/** How a batch is followed. */
export interface WatchOptions {
  /** Whether to be told of every path while it grows. Default false. */
  readonly paths?: boolean;
  readonly signal?: AbortSignal;
}

/** Pause before a stream that broke off is opened again. */
const RETRY_MS = 500;

/** Talks to a Reverse Traceroute server. Every call rejects with a {@link ClientError}. */
export class ReverseTracerouteClient {
  /** Hosting sources and running the system. */
  readonly fleet: FleetClient;
  readonly #connection: Connection;

  constructor(options: ClientOptions) {
    this.#connection = new Connection(options);
    this.fleet = new FleetClient(this.#connection);
  }

  async sources(): Promise<readonly SourceInfo[]> {
    const answer = await this.#connection.api.GET('/api/v1/sources');
    return good(answer).srcs;
  }

  /** Submits pairs; when this resolves the batch is durable. With `skipInvalid` good pairs run though others are bad. */
  async submit(pairs: readonly RequestedPair[], options: { readonly skipInvalid?: boolean } = {}): Promise<Submitted> {
    const answer = await this.#connection.api.POST('/api/v1/revtr', {
      params: { query: { skipInvalid: options.skipInvalid === true ? 'true' : 'false' } },
      body: { revtrs: [...pairs] },
    });
    const { result_uri, rejected } = good(answer);
    const batchId = Number(new URL(result_uri).searchParams.get('batchid'));
    if (!Number.isInteger(batchId)) throw new ClientError('badAnswer', `no batch in ${result_uri}`);
    return { batchId, resultUri: result_uri, rejected: rejected ?? [] };
  }

  async batch(id: number): Promise<Batch> {
    return good(await this.#connection.api.GET('/api/v2/batches/{id}', { params: { path: { id: String(id) } } }));
  }

  /** Your measurements with a label. */
  async labelled(label: string): Promise<readonly Measurement[]> {
    const answer = await this.#connection.api.GET('/api/v2/measurements', { params: { query: { label } } });
    return good(answer).measurements;
  }

  /** Results in the form of version 1. */
  async revtrs(query: { readonly batchid: string } | { readonly label: string }): Promise<RevtrResponse> {
    return good(await this.#connection.api.GET('/api/v1/revtr', { params: { query } }));
  }

  /** What happens to a batch, until it is complete or `signal` fires. */
  async *events(batchId: number, { paths = false, signal }: WatchOptions = {}): AsyncGenerator<BatchEvent> {
    const { server, headers, fetch } = this.#connection;
    const url = `${server}/api/v2/batches/${batchId}/events?paths=${paths}`;
    const response = await this.#connection.reach(() => fetch(url, { headers, ...(signal && { signal }) }));
    if (!response.ok || response.body === null) throw toClientError(response, undefined);
    yield* readEvents(response.body);
  }

  /** Waits until a batch is complete, and returns it; a stream that breaks off is opened again. `onEvent` is told what happens meanwhile. */
  async wait(
    batchId: number,
    options: WatchOptions & { readonly onEvent?: (event: BatchEvent) => void } = {},
  ): Promise<Batch> {
    for (;;) {
      for await (const event of this.events(batchId, options)) {
        options.onEvent?.(event);
        if (event.type === 'complete') return this.batch(batchId);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
