import createFetchClient, { type Client } from 'openapi-fetch';
import { received, toClientError } from './answer.ts';
import { delay } from './delay.ts';
import { ClientError, isClientError } from './errors.ts';
import type { paths } from './generated/api.ts';
import { isRepeatable, pauseAfter, type RetryOptions } from './retry.ts';
import type { SilenceLimit } from './silence-limit.ts';

/** Which server a client talks to, and how. */
export interface ClientOptions {
  /** Address of the server, for example `http://127.0.0.1:8080`. Without a scheme, it means `http://`. */
  readonly server: string;
  /** API key; the empty string sends none. A browser then sends the cookie of its session. */
  readonly key: string;
  /** Time for a complete answer, in milliseconds. Event streams have no limit. Default 300,000. */
  readonly timeoutMs?: number;
  /** An event stream that carries nothing for so long is broken, in milliseconds. Servers send something every ten seconds. Default 45,000. */
  readonly silenceMs?: number;
  /** Cancels every call of the client. Default: none. */
  readonly signal?: AbortSignal;
  /** Sends requests. Default: the `fetch` of the platform. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Repeats requests that were not carried out (status 429, 502, 503 or 504) or got no answer, if their repetition does no harm: those
   * of an idempotent method, and submissions, which carry an idempotency key. `false` repeats none.
   */
  readonly retry?: RetryOptions | false;
  /** A number from 0 (inclusive) to 1 (exclusive), which spreads repetitions in time. Default: `Math.random`. */
  readonly random?: () => number;
  /** Waits between attempts, in milliseconds. Default: a timer. */
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>;
}

const TIMEOUT_MS = 300_000;
const SILENCE_MS = 45_000;
const TIMED_OUT = 'no complete answer in time';

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
    const server = options.server.includes('://') ? options.server : `http://${options.server}`;
    this.server = server.replace(/\/+$/, '');
    // The server demands this header of every request that changes something with a session.
    this.#headers = options.key === '' ? { 'revtr-csrf': '1' } : { 'revtr-key': options.key };
    this.api = createFetchClient<paths>({
      baseUrl: this.server,
      headers: this.#headers,
      // A redirect would send the API key to another server.
      redirect: 'error',
      fetch: (request) => this.#sendRepeatedly(request),
    });
  }

  /** How long an event stream may carry nothing, in milliseconds. */
  get silenceMs(): number {
    return this.#options.silenceMs ?? SILENCE_MS;
  }

  /** Whether requests are repeated. */
  get repeats(): boolean {
    return this.#options.retry !== false;
  }

  async #sendRepeatedly(request: Request): Promise<Response> {
    for (let failures = 1; ; failures++) {
      const attempt = this.#send(request.clone());
      const answer = await attempt.catch((error: unknown) => (isPassing(error) ? 'unreachable' : 'failed'));
      const pause = answer === 'failed' ? undefined : this.#pauseAfter(request, answer, failures);
      if (pause === undefined) return attempt;
      await this.sleep(pause);
    }
  }

  #pauseAfter(request: Request, answer: Response | 'unreachable', failures: number): number | undefined {
    const { retry = {}, random = Math.random, signal } = this.#options;
    if (retry === false || signal?.aborted === true || !isRepeatable(request)) return undefined;
    return pauseAfter(answer, failures, retry, random);
  }

  async #send(request: Request): Promise<Response> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    // A signal of AbortSignal.timeout stays in memory until its time has come: a client of many requests would hold thousands of them.
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(new DOMException(TIMED_OUT, 'TimeoutError')), timeoutMs);
    try {
      return await this.guard(async () => {
        const signal = this.#signalWith(request.signal, over.signal);
        return received(await this.#fetch(new Request(request, { signal })));
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Opens a stream. Repeats the request when the server asks for it, but not when the server cannot be reached. Errors while the stream is
   * read are the caller's to {@link guard}. `silence` limits the wait for each answer, but not the pauses between requests, and can end the
   * stream as if the server could not be reached. @throws {ClientError}
   */
  async open(path: string, signal?: AbortSignal, silence?: SilenceLimit): Promise<ReadableStream<Uint8Array>> {
    const init = {
      headers: this.#headers,
      redirect: 'error',
      signal: this.#signalWith(signal, silence?.signal),
    } as const;
    for (let failures = 1; ; failures++) {
      const attempt = this.guard(async () => {
        const response = await this.#fetch(`${this.server}${path}`, init);
        return response.ok && response.body !== null ? response.body : received(response);
      }, signal);
      const answer = await (silence?.during(attempt) ?? attempt);
      if (!(answer instanceof Response)) return answer;
      const pause = this.#pauseAfter(new Request(`${this.server}${path}`), answer, failures);
      if (pause === undefined) throw toClientError(answer, await answer.json().catch(() => undefined));
      await this.sleep(pause, signal);
    }
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

/** Whether the same request may get an answer soon. A server that took too long would take as long again. */
const isPassing = (error: unknown): boolean =>
  isClientError(error, 'unreachable') && error.details.reason !== TIMED_OUT;

/** `fetch` reports "fetch failed"; the reason is in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return TIMED_OUT;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
