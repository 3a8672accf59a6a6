import { isColdPath } from '../../cold-path.ts';
import { type ByteRange, type ColdFiles, IDENTITY_FILE, type NewFile } from '../cold-files.ts';
import { joined } from './bounded-body.ts';
import { failure, isMissing, S3Client, type S3ClientOptions } from './s3-client.ts';
import { parseS3Url, type S3Place } from './s3-place.ts';
import { parsePage } from './s3-xml.ts';

const KEYS_AT_ONCE = 1_000;
const MOST_PAGES = 10_000;
/** Keys of the place have less than 1,024 bytes; a page that is much longer takes the parser seconds. */
const MOST_PAGE_BYTES = 2 ** 22;
const MOST_IDENTITY_BYTES = 1_000;
const MOST_OTHER_BYTES = 65_536;

/**
 * Files of cold results as objects of a bucket. One request writes a file: an object appears as a whole, and with no name but its final one. The store
 * must show what was written or deleted to the next request, as Amazon S3 does.
 */
export class S3Files implements ColdFiles {
  readonly place: string;
  readonly #client: S3Client;
  readonly #prefix: string;

  /** @throws {RangeError} when the URL of the place is none */
  constructor(place: S3Place, options?: S3ClientOptions) {
    this.place = place.url;
    this.#client = new S3Client(place, options);
    this.#prefix = parseS3Url(place.url).prefix;
  }

  async create(path: string, signal: AbortSignal): Promise<NewFile> {
    const parts: Uint8Array[] = [];
    return {
      write: async (bytes) => void parts.push(bytes),
      end: () => this.#put(path, joined(parts.splice(0)), signal),
      abandon: async () => void parts.splice(0),
    };
  }

  async read(path: string, range: ByteRange, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const { start, end } = range;
    const request = { method: 'GET', key: path, range: `bytes=${start}-${end - 1}` } as const;
    const { status, headers, bytes } = await this.#client.send(
      { ...request, expected: [206, 416], mostBytes: Math.max(end - start, MOST_OTHER_BYTES) },
      signal,
    );
    const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(headers.get('content-range') ?? '') ?? [];
    if (status === 416 || (Number(first) === start && Number(last) < end - 1)) throw new Error('the file is too short');
    if (Number(first) !== start || Number(last) !== end - 1 || bytes.length !== end - start)
      throw failure(request, { status, reason: 'another range than requested' });
    return bytes;
  }

  async sizeOf(path: string, signal: AbortSignal): Promise<number | undefined> {
    const request = { method: 'HEAD', key: path, expected: [200, 404], mostBytes: 0 } as const;
    const { status, headers } = await this.#client.send(request, signal);
    return status === 404 ? undefined : Number(headers.get('content-length') ?? Number.NaN);
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    await this.#client.send(
      { method: 'DELETE', key: path, expected: [200, 204, 404], mostBytes: MOST_OTHER_BYTES },
      signal,
    );
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly string[]> {
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { keys, next } = await this.#page(after, signal);
      yield keys.map((key) => key.slice(this.#prefix.length)).filter(isColdPath);
      if (next === undefined) return;
      if (next === after) break;
      after = next;
    }
    throw failure({ method: 'GET' }, { status: 200, reason: 'a listing without an end' });
  }

  async identity(signal: AbortSignal): Promise<string | undefined> {
    const request = { method: 'GET', key: IDENTITY_FILE, expected: [200], mostBytes: MOST_IDENTITY_BYTES } as const;
    try {
      return new TextDecoder().decode((await this.#client.send(request, signal)).bytes).trim();
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async identify(id: string, signal: AbortSignal): Promise<void> {
    const body = new TextEncoder().encode(`${id}\n`);
    const request = { method: 'PUT', key: IDENTITY_FILE, body, isNew: true, mostBytes: MOST_OTHER_BYTES } as const;
    const { status } = await this.#client.send({ ...request, expected: [200, 412, 501] }, signal);
    // A store that has no conditions for writes.
    if (status === 501) await this.#put(IDENTITY_FILE, body, signal);
  }

  async #put(key: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
    await this.#client.send({ method: 'PUT', key, body, expected: [200], mostBytes: MOST_OTHER_BYTES }, signal);
  }

  async #page(after: string | undefined, signal: AbortSignal) {
    const query = {
      ...{ 'list-type': '2', 'max-keys': `${KEYS_AT_ONCE}` },
      ...(this.#prefix !== '' && { prefix: this.#prefix }),
      ...(after !== undefined && { 'continuation-token': after }),
    };
    const request = { method: 'GET', query, expected: [200], mostBytes: MOST_PAGE_BYTES } as const;
    const { bytes } = await this.#client.send(request, signal);
    const page = parsePage(new TextDecoder().decode(bytes));
    if (
      page === undefined ||
      page.keys.length > KEYS_AT_ONCE ||
      !page.keys.every((key) => key.startsWith(this.#prefix))
    )
      throw failure(request, { status: 200, reason: 'no listing' });
    return page;
  }
}
