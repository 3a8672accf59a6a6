import { backOff, type Clock, ProbingError, type Random } from '@revtr/probing';
import { errorOf } from '../contract/error-body.ts';
import { RipeAtlasError } from '../errors.ts';

/** How to reach the API. */
export interface HttpOptions {
  /** Base URL of the API with a slash at its end, for example `https://atlas.ripe.net/api/v2/`. */
  readonly url: string;
  /** API key; sent in the `Authorization` header to the host of `url` only, never in a URL. Default: no key. */
  readonly key?: string | undefined;
  /** Value of the `User-Agent` header. */
  readonly userAgent: string;
  /** Limit for one answer, body included, milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** Times that a request is sent at most while the server is busy or fails. Default 8. */
  readonly tries?: number;
  /** Size of an answer's body at most, bytes. Default 64 MiB. */
  readonly maxAnswerBytes?: number;
}

/** What the client needs from outside. */
export interface HttpCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
}

/** One request to the API. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Relative to the base URL, or the absolute URL of a next page. */
  readonly path: string;
  /** Sent as JSON. Default: no body. */
  readonly body?: unknown;
  /** Whether the request may be sent again when it is unknown whether it took effect. Default: true for GET and DELETE. */
  readonly isSafeToRepeat?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const MOST_WAIT_MS = 60_000;
const RETRY = { firstMs: 1_000, mostMs: MOST_WAIT_MS, jitter: 1 };
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

type Outcome = { readonly body: unknown } | { readonly error: RipeAtlasError; readonly retryAfterMs?: number };

/**
 * Sends requests to the API and repeats those that failed temporarily. The wait between two tries is random with a bound that
 * doubles from 1 s to 60 s, which spreads the requests of many clients; a `Retry-After` header (RFC 9110 section 10.2.3), at
 * most 60 s, is added to it.
 */
export class RipeAtlasHttp {
  readonly #options: HttpOptions;
  readonly #collaborators: HttpCollaborators;

  constructor(options: HttpOptions, collaborators: HttpCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** Returns the body of the answer, or `undefined` when it is empty. @throws {RipeAtlasError} */
  async send(request: HttpRequest): Promise<unknown> {
    const { tries = 8 } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(request);
      if (!('error' in outcome)) return outcome.body;
      if (attempt >= tries || !this.#mayRepeat(request, outcome.error)) throw outcome.error;
      await this.#wait(attempt, outcome.retryAfterMs, request.signal);
    }
  }

  #mayRepeat({ method, isSafeToRepeat = method !== 'POST' }: HttpRequest, { code }: RipeAtlasError): boolean {
    if (code === 'rateLimited') return true;
    return isSafeToRepeat && (code === 'serverFailed' || code === 'badAnswer' || code === 'unreachable');
  }

  async #attempt(request: HttpRequest): Promise<Outcome> {
    const { url, key, userAgent, timeoutMs = 30_000, maxAnswerBytes = MAX_ANSWER_BYTES } = this.#options;
    const { method, path, body, signal } = request;
    if (signal?.aborted) throw cancelled();
    const timeout = AbortSignal.timeout(timeoutMs);
    const address = urlOf(path, url);
    // The URL of a next page may name another server, which must not see the key.
    const isOurs = address.origin === new URL(url).origin;
    try {
      const response = await this.#collaborators.fetch(address, {
        method,
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && isOurs && { authorization: `Key ${key}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      const text = await readBody(response, maxAnswerBytes);
      const json = parseJson(text);
      if (!response.ok) {
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
        const error = errorOf(response.status, json);
        return seconds > 0 ? { error, retryAfterMs: seconds * 1000 } : { error };
      }
      if (json === undefined && text.trim() !== '')
        return { error: new RipeAtlasError('badAnswer', 'the answer is not JSON, or is incomplete', {}) };
      return { body: json };
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      if (error instanceof RipeAtlasError) return { error };
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      return {
        error: new RipeAtlasError('unreachable', `cannot reach ${address.host}: ${cause}`, { host: address.host }),
      };
    }
  }

  async #wait(attempt: number, retryAfterMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { clock, random } = this.#collaborators;
    const waitMs = Math.min(MOST_WAIT_MS, retryAfterMs ?? 0) + backOff(RETRY, attempt, () => random.next());
    try {
      await clock.sleep(waitMs, signal);
    } catch (error) {
      throw error instanceof ProbingError ? cancelled() : error;
    }
  }
}

const cancelled = (): RipeAtlasError => new RipeAtlasError('cancelled', 'cancelled by the caller');

function urlOf(path: string, base: string): URL {
  const url = URL.parse(path, base);
  if (url === null) throw new RipeAtlasError('badAnswer', `the URL of the next page is invalid`, { path: 'next' });
  return url;
}

/** Reads a body of at most `limit` bytes. @throws {RipeAtlasError} `answerTooLarge` */
async function readBody(response: Response, limit: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw new RipeAtlasError('answerTooLarge', `the answer is longer than ${limit} bytes`, { limit });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function parseJson(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
