import createFetchClient, { type Client } from 'openapi-fetch';
import { ClientError, type ServerDetail } from './errors.ts';
import { type BatchEvent, readEvents } from './events.ts';
import type { components, paths } from './generated/api.ts';
import type { Batch, Measurement, RequestedPair, RevtrResponse, SourceInfo } from './types.ts';

export interface ClientOptions {
  /** Address of the server, for instance `http://127.0.0.1:8080`. */
  readonly server: string;
  /** API key. */
  readonly key: string;
  /** Default: the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
}

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

type ErrorBody = components['schemas']['Error'];

/** Talks to a Reverse Traceroute server. Every call rejects with a {@link ClientError}. */
export class ReverseTracerouteClient {
  readonly #server: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof globalThis.fetch;
  readonly #api: Client<paths>;

  constructor(options: ClientOptions) {
    this.#server = options.server.replace(/\/+$/, '');
    this.#headers = { 'revtr-key': options.key };
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#api = createFetchClient<paths>({
      baseUrl: this.#server,
      headers: this.#headers,
      fetch: (request) => this.#reach(() => this.#fetch(request)),
    });
  }

  async sources(): Promise<readonly SourceInfo[]> {
    const answer = await this.#api.GET('/api/v1/sources');
    return this.#good(answer).srcs;
  }

  /** Submits pairs; when this resolves the batch is durable. With `skipInvalid` good pairs run though others are bad. */
  async submit(pairs: readonly RequestedPair[], options: { readonly skipInvalid?: boolean } = {}): Promise<Submitted> {
    const answer = await this.#api.POST('/api/v1/revtr', {
      params: { query: { skipInvalid: options.skipInvalid === true ? 'true' : 'false' } },
      body: { revtrs: [...pairs] },
    });
    const { result_uri, rejected } = this.#good(answer);
    const batchId = Number(new URL(result_uri).searchParams.get('batchid'));
    if (!Number.isInteger(batchId)) throw new ClientError('badAnswer', `no batch in ${result_uri}`);
    return { batchId, resultUri: result_uri, rejected: rejected ?? [] };
  }

  async batch(id: number): Promise<Batch> {
    return this.#good(await this.#api.GET('/api/v2/batches/{id}', { params: { path: { id: String(id) } } }));
  }

  /** Your measurements with a label. */
  async labelled(label: string): Promise<readonly Measurement[]> {
    const answer = await this.#api.GET('/api/v2/measurements', { params: { query: { label } } });
    return this.#good(answer).measurements;
  }

  /** Results in the form of version 1. */
  async revtrs(query: { readonly batchid: string } | { readonly label: string }): Promise<RevtrResponse> {
    return this.#good(await this.#api.GET('/api/v1/revtr', { params: { query } }));
  }

  /** What happens to a batch, until it is complete or `signal` fires. */
  async *events(batchId: number, { paths = false, signal }: WatchOptions = {}): AsyncGenerator<BatchEvent> {
    const url = `${this.#server}/api/v2/batches/${batchId}/events?paths=${paths}`;
    const response = await this.#reach(() => this.#fetch(url, { headers: this.#headers, ...(signal && { signal }) }));
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

  async #reach(send: () => Promise<Response>): Promise<Response> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new ClientError('unreachable', `no server at ${this.#server}: ${reason}`);
    }
  }

  #good<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
    if (data === undefined) throw toClientError(response, error);
    return data;
  }
}

function toClientError({ status }: Response, body: unknown): ClientError {
  const { code, message, details } = isErrorBody(body)
    ? body.error
    : { code: 'unknown', message: `status ${status}`, details: [] };
  const kind = status === 401 ? 'unauthorized' : status === 404 ? 'notFound' : status === 429 ? 'quota' : 'refused';
  return new ClientError(kind, message, { status, code, details });
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'object';
}
