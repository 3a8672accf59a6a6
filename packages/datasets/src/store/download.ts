import { Readable } from 'node:stream';
import { DatasetError } from '../errors.ts';
import { redactedOrigin } from './sources.ts';

const MOST_CHECKSUM_BYTES = 4_096;

/** A download; no error message contains more of its URL than the origin. */
export interface DownloadOptions {
  readonly fetch: typeof fetch;
  /** Ends the download. */
  readonly signal: AbortSignal;
}

/**
 * The body of an HTTP answer. A user name and password in the URL are sent as basic authentication (RFC 7617). A body that is
 * shorter than announced fails with `truncated` while it is read. @throws {DatasetError} `downloadFailed`
 */
export async function download(url: string, { fetch, signal }: DownloadOptions): Promise<Readable> {
  const origin = redactedOrigin(url);
  const { plainUrl, headers } = withoutCredentials(url);
  let response: Response;
  try {
    response = await fetch(plainUrl, { headers, signal });
  } catch (error) {
    throw failed(origin, reasonOf(error));
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw failed(origin, `the server answered ${response.status}`, response.status);
  }
  return Readable.from(chunksOf(response.body, origin), { objectMode: false });
}

/** Downloads a checksum: a text whose first word is a SHA-256. @throws {DatasetError} `downloadFailed` */
export async function downloadChecksum(url: string, options: DownloadOptions): Promise<string> {
  let text = '';
  for await (const chunk of await download(url, options)) {
    text += String(chunk);
    if (text.length > MOST_CHECKSUM_BYTES) break;
  }
  const found = /^[0-9a-f]{64}\b/i.exec(text.trim());
  if (found === null) throw failed(redactedOrigin(url), 'the answer does not begin with a SHA-256');
  return found[0];
}

async function* chunksOf(body: ReadableStream<Uint8Array>, origin: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw new DatasetError('truncated', `the download from ${origin} ended early: ${reasonOf(error)}`, {});
  }
}

function withoutCredentials(text: string): { readonly plainUrl: string; readonly headers: Record<string, string> } {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { plainUrl: text, headers: {} };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { plainUrl: url.href, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } };
}

/** What failed, without the message of the error, which may contain the URL. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  return cause instanceof Error ? cause.name : 'unknown error';
}

function failed(origin: string, reason: string, status?: number): DatasetError<'downloadFailed'> {
  const details = { origin, reason, ...(status !== undefined && { status }) };
  return new DatasetError('downloadFailed', `the download from ${origin} failed: ${reason}`, details);
}
