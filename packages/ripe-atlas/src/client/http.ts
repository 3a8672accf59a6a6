import type { Clock, Random } from '@revtr/probing';
import { ProbingError } from '@revtr/probing';
import { errorOf } from '../contract/error-body.ts';
import { RipeAtlasError } from '../errors.ts';

export interface HttpOptions {
  /** Where the API is, for instance `https://atlas.ripe.net/api/v2/`. */
  readonly url: string;
  /** Sent in the header `Authorization`, never in an address. */
  readonly key?: string | undefined;
  readonly userAgent: string;
  /** How long one answer may take, milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** How often the same is asked while the server is busy or failing. Default 8. */
  readonly tries?: number;
}

export interface HttpCollaborators {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Relative to the API, or the whole address of a next page. */
  readonly path: string;
  readonly body?: unknown;
  /** Whether asking twice does no harm. Default: for GET and DELETE. */
  readonly isSafeToRepeat?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 60_000;

/**
 * Requests to the API. What fails for now is asked again after a wait that doubles and is drawn at random, so that many clients do
 * not come back at once; a wait that the server names is kept.
 */
export class RipeAtlasHttp {
  readonly #options: HttpOptions;
  readonly #collaborators: HttpCollaborators;

  constructor(options: HttpOptions, collaborators: HttpCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** The body of the answer, `undefined` when it has none. @throws {RipeAtlasError} */
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

  async #attempt(
    request: HttpRequest,
  ): Promise<{ readonly body: unknown } | { readonly error: RipeAtlasError; readonly retryAfterMs?: number }> {
    const { url, key, userAgent, timeoutMs = 30_000 } = this.#options;
    const { method, path, body, signal } = request;
    if (signal?.aborted) throw cancelled();
    const timeout = AbortSignal.timeout(timeoutMs);
    const address = new URL(path, url);
    // A key is for this server alone, wherever a next page may point.
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
      const text = await response.text();
      const json = parseJson(text);
      if (!response.ok) {
        const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
        const error = errorOf(response.status, json);
        return Number.isFinite(seconds) ? { error, retryAfterMs: seconds * 1000 } : { error };
      }
      if (json === undefined && text.trim() !== '')
        return {
          error: new RipeAtlasError('badAnswer', 'the answer is no JSON, or was cut', { status: response.status }),
        };
      return { body: json };
    } catch (error) {
      if (signal?.aborted) throw cancelled();
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      return { error: new RipeAtlasError('unreachable', `${address.host} could not be reached: ${cause}`) };
    }
  }

  async #wait(attempt: number, retryAfterMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { clock, random } = this.#collaborators;
    const most = Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
    try {
      await clock.sleep(Math.min(MOST_WAIT_MS, retryAfterMs ?? 0) + random.next() * most, signal);
    } catch (error) {
      throw error instanceof ProbingError ? cancelled() : error;
    }
  }
}

const cancelled = (): RipeAtlasError => new RipeAtlasError('cancelled', 'cancelled by the caller');

function parseJson(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
