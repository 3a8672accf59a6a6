import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import { StorageError } from '../../../errors.ts';
import { bodyOf } from './bounded-body.ts';
import { parseS3Url, type S3Place, type S3Url } from './s3-place.ts';
import { parseErrorCode } from './s3-xml.ts';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Key in the place; without one, the request is about the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly range?: string;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Whether nothing is written over: status 412 says that there is an object with the key. */
  readonly isNew?: boolean;
  /** Statuses that are no error. */
  readonly expected: readonly number[];
  /** Longest answer that is read, bytes. */
  readonly mostBytes: number;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface S3ClientOptions {
  /** Pause after the first failure, doubled after each further one, milliseconds. Default 250. */
  readonly pauseMs?: number;
  /** How long one attempt may take: one that sends a body, and others, milliseconds. Default 300,000 and 15,000. */
  readonly sendMs?: number;
  readonly readMs?: number;
}

const ATTEMPTS = 4;
const MOST_ERROR_BYTES = 65_536;
/** What a store answers when another attempt may succeed. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** Sends signed requests to an object store. What fails for a moment is sent again a few times. Nothing of the secrets is in its errors. */
export class S3Client {
  readonly #place: S3Place;
  readonly #url: S3Url;
  readonly #options: Required<S3ClientOptions>;

  /** @throws {RangeError} when the URL of the place is none */
  constructor(place: S3Place, { pauseMs = 250, sendMs = 300_000, readMs = 15_000 }: S3ClientOptions = {}) {
    this.#place = place;
    this.#url = parseS3Url(place.url);
    this.#options = { pauseMs, sendMs, readMs };
  }

  /** @throws {StorageError} `objectStore`, and the reason of `signal` */
  async send(request: S3Request, signal: AbortSignal): Promise<S3Answer> {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      const answer = await this.#attempt(request, signal);
      if (!(answer instanceof StorageError)) return answer;
      const { status } = answer.details;
      if (attempt === ATTEMPTS || (status !== undefined && !PASSING.has(status))) throw answer;
      const pauseMs = this.#options.pauseMs * 2 ** (attempt - 1);
      await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }

  /** Returns the failures after which another attempt may succeed, and those that the store reports. */
  async #attempt(request: S3Request, signal: AbortSignal): Promise<S3Answer | StorageError<'objectStore'>> {
    const limit = AbortSignal.timeout(request.body === undefined ? this.#options.readMs : this.#options.sendMs);
    try {
      const { url, init } = await this.#signed(request);
      const answer = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.any([signal, limit]) });
      const { status, headers } = answer;
      const isExpected = request.expected.includes(status);
      const bytes = await bodyOf(answer, isExpected ? request.mostBytes : MOST_ERROR_BYTES);
      if (bytes === undefined) return failure(request, { status, reason: 'the answer is too long' });
      if (isExpected) return { status, headers, bytes };
      return failure(request, { status, reason: parseErrorCode(new TextDecoder().decode(bytes)) });
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) return failure(request, { status: undefined, reason: 'no answer in time' });
      // The cause names the fault; what `fetch` itself says is always the same.
      const cause = error instanceof TypeError ? error.cause : undefined;
      if (!(cause instanceof Error)) throw error;
      return failure(request, { status: undefined, reason: codeOf(cause) });
    }
  }

  async #signed({ method, key, query = {}, range, body, isNew = false }: S3Request) {
    const { bucket, prefix } = this.#url;
    const url = new URL(key === undefined ? bucket : `${bucket}/${prefix}${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const sha256 = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const { region, accessKeyId, secretAccessKey } = this.#place;
    const { headers } = await new AwsV4Signer({
      ...{ method, url: url.href, headers: { 'x-amz-content-sha256': sha256 } },
      ...{ service: 's3', region, accessKeyId, secretAccessKey },
    }).sign();
    // Proxies change this header, so it is not signed.
    headers.set('accept-encoding', 'identity');
    if (range !== undefined) headers.set('range', range);
    if (isNew) headers.set('if-none-match', '*');
    return { url, init: { method, headers, ...(body !== undefined && { body }) } };
  }
}

/** Whether an error says that there is no object with the key. */
export const isMissing = (error: unknown): boolean =>
  error instanceof StorageError &&
  error.is('objectStore') &&
  error.details.status === 404 &&
  error.details.reason !== 'NoSuchBucket';

/** The error of a request that has failed. */
export function failure(
  { method, key = '' }: Pick<S3Request, 'method' | 'key'>,
  { status, reason = 'no reason' }: { readonly status: number | undefined; readonly reason: string | undefined },
): StorageError<'objectStore'> {
  const answer = status === undefined ? reason : `status ${status}, ${reason}`;
  return new StorageError('objectStore', `the object store did not do ${method} /${key}: ${answer}`, {
    status,
    reason,
  });
}

const codeOf = (cause: Error): string => ('code' in cause && typeof cause.code === 'string' ? cause.code : cause.name);
