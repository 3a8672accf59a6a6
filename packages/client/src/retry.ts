/** How often and how long requests are repeated. */
export interface RetryOptions {
  /** Most repetitions of one request. Default 3. */
  readonly most?: number;
  /** Longest pause before a repetition, in milliseconds. If the server asks for more, the call fails at once. Default 30,000. */
  readonly longestPauseMs?: number;
}

const MOST = 3;
const LONGEST_PAUSE_MS = 30_000;
/** Pause before the first repetition when the server asks for none, in milliseconds. Each further pause is twice as long. */
const FIRST_PAUSE_MS = 500;
/** Clients that were refused at the same moment come back at different moments within this time, in milliseconds. */
const SPREAD_MS = 1_000;

/** Methods whose repetition has the effect of a single request (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
/** The request was not carried out: too many requests, or a gateway in between reached no server. */
const PASSING = new Set([429, 502, 503, 504]);

/** Whether a request may be sent twice. */
export const isRepeatable = ({ method, headers }: Pick<Request, 'method' | 'headers'>): boolean =>
  IDEMPOTENT.has(method) || headers.has('idempotency-key');

/**
 * The pause before a request is sent again, in milliseconds; `undefined` when it is not to be sent again.
 * @param answer the answer of the server, or that there was none
 * @param failures how often the request has failed, at least 1
 * @param random a number from 0 (inclusive) to 1 (exclusive)
 */
export function pauseAfter(
  answer: Pick<Response, 'status' | 'headers'> | 'unreachable',
  failures: number,
  { most = MOST, longestPauseMs = LONGEST_PAUSE_MS }: RetryOptions,
  random: () => number,
): number | undefined {
  if (failures > most) return undefined;
  if (answer !== 'unreachable' && !PASSING.has(answer.status)) return undefined;
  const asked = answer === 'unreachable' ? undefined : retryAfterMs(answer.headers);
  const pause =
    asked === undefined ? FIRST_PAUSE_MS * 2 ** (failures - 1) * (0.5 + random() / 2) : asked + SPREAD_MS * random();
  if (asked !== undefined && asked > longestPauseMs) return undefined;
  return Math.min(pause, longestPauseMs + SPREAD_MS);
}

/**
 * How long the server asks to wait, in milliseconds, by its header `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, which
 * counts from the date of the answer.
 */
export function retryAfterMs(headers: Pick<Headers, 'get'>): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return 1_000 * Number(text);
  const ms = Date.parse(text) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
