import createFetchClient, { type Client } from 'openapi-fetch';
import { received, toClientError } from './answer.ts';
import { delay } from './delay.ts';
import { ClientError } from './errors.ts';
import type { paths } from './generated/api.ts';

/** Which server a client talks to, and how. */
export interface ClientOptions {
  /** Address of the server, for example `http://127.0.0.1:8080`. */
  readonly server: string;
  /** API key; the empty string sends none. A browser then sends the cookie of its session. */
  readonly key: string;
  /** Time for a complete answer, in milliseconds. Event streams have no limit. Default 300,000. */
  readonly timeoutMs?: number;
  /** Cancels every call of the client. Default: none. */
  readonly signal?: AbortSignal;
  /** Sends requests. Default: the `fetch` of the platform. */
  readonly fetch?: typeof globalThis.fetch;
  /** Waits between attempts, in milliseconds. Default: a timer. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

const TIMEOUT_MS = 300_000;

/** Sends requests to one server and turns every failure into a {@link ClientError}. */
export class Connection {
  readonly #options: ClientOptions;
  readonly #headers: Readonly<Record<string, string>>;
  /** Address of the server, without a slash at its end. */
  readonly server: string;
  /** Calls by path, typed by the OpenAPI document of the server. */
  readonly api: Client<paths>;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.server = options.server.replace(/\/+$/, '');
    // The server demands this header of every request that changes something with a session.
    this.#headers = options.key === '' ? { 'revtr-csrf': '1' } : { 'revtr-key': options.key };
    const { timeoutMs = TIMEOUT_MS } = options;
    this.api = createFetchClient<paths>({
      baseUrl: this.server,
      headers: this.#headers,
      // A redirect would send the API key to another server.
      redirect: 'error',
      fetch: (request) =>
        this.guard(async () => {
          const signal = this.#signalWith(request.signal, AbortSignal.timeout(timeoutMs));
          return received(await this.#fetch(new Request(request, { signal })));
        }),
    });
  }

  /** Opens an event stream. Errors while it is read are the caller's to {@link guard}. @throws {ClientError} */
  async open(path: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return this.guard(async () => {
      const response = await this.#fetch(`${this.server}${path}`, {
        headers: this.#headers,
        redirect: 'error',
        signal: this.#signalWith(signal),
      });
      if (response.ok && response.body !== null) return response.body;
      const answer = await received(response);
      throw toClientError(answer, await answer.json().catch(() => undefined));
    }, signal);
  }

  /** Waits before another attempt. @throws {ClientError} `cancelled` */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { sleep = delay } = this.#options;
    await this.guard(() => sleep(ms, this.#signalWith(signal)), signal);
  }

  /** Runs work on the network. @throws {ClientError} `cancelled` or `unreachable` for errors that are not a ClientError already */
  async guard<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.#toClientError(error, signal);
    }
  }

  #toClientError(error: unknown, signal: AbortSignal | undefined): ClientError {
    if (error instanceof ClientError) return error;
    if (signal?.aborted || this.#options.signal?.aborted)
      return new ClientError('cancelled', 'the caller cancelled the call', {});
    const reason = reasonOf(error);
    return new ClientError('unreachable', `cannot reach the server at ${this.server}: ${reason}`, {
      server: this.server,
      reason,
    });
  }

  get #fetch(): typeof globalThis.fetch {
    // Browsers refuse to call it as a method of another object.
    return this.#options.fetch ?? ((...request) => globalThis.fetch(...request));
  }

  #signalWith(...signals: (AbortSignal | undefined)[]): AbortSignal {
    return AbortSignal.any([...signals, this.#options.signal].filter((signal) => signal !== undefined));
  }
}

/** `fetch` reports "fetch failed"; the reason is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no complete answer in time';
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
