import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ColdStore, parseS3Url, S3Files, type S3Place, StorageError } from '../src/index.ts';
import { pathsIn } from './cold-places.ts';
import { S3Server } from './s3-server.ts';

const { signal } = new AbortController();
const PATH = '2026/01/02/7-00ff.parquet';
const SECRET = 'a very secret access key';
const RANGE = { start: 10, end: 20 };
/** A request that a busy machine serves late would be repeated. */
const PATIENT_MS = 60_000;
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A store that answers as a test wants it. */
let answer: Answer;
let requests: string[];
let port: number;
let server: Server;
let files: S3Files;
beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  files = new S3Files(place(), { pauseMs: 1, readMs: PATIENT_MS, sendMs: PATIENT_MS });
});

const place = (): S3Place => ({
  ...{ url: `http://127.0.0.1:${port}/bucket/prefix`, region: 'r' },
  ...{ accessKeyId: 'k', secretAccessKey: SECRET },
});
const status = (code: number, body = '', headers: Record<string, string> = {}): Answer => {
  return (_, response) => void response.writeHead(code, headers).end(body);
};
const xml = (code: string): string => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;
const partial = (body: string, range = 'bytes 10-19/100'): Answer => status(206, body, { 'content-range': range });
const listing = (inner: string): Answer => status(200, `<ListBucketResult>${inner}</ListBucketResult>`);
const read = (): Promise<Uint8Array> => files.read(PATH, RANGE, signal);

describe('a store that fails', () => {
  it.each([429, 500, 503])('is asked again when it answers %i', async (code) => {
    answer = (...exchange) => (requests.length < 4 ? status(code)(...exchange) : partial('0123456789')(...exchange));
    expect(Buffer.from(await read()).toString()).toBe('0123456789');
    expect(requests).toEqual(Array(4).fill(`GET /bucket/prefix/${PATH}`));
  });

  it.each([429, 500, 503])('is given up when it goes on to answer %i', async (code) => {
    answer = status(code, xml('SlowDown'));
    await expect(read()).rejects.toMatchObject({ code: 'objectStore', details: { status: code, reason: 'SlowDown' } });
    expect(requests).toHaveLength(4);
  });

  it.each([301, 400, 401, 403, 404])(
    'is not asked again when it answers %i, and the error has no secret',
    async (code) => {
      answer = status(code, xml('Refused'));
      const error: unknown = await read().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'objectStore', details: { status: code, reason: 'Refused' } });
      expect(inspect(error, { depth: 9 })).not.toContain(SECRET);
      expect(requests).toHaveLength(1);
    },
  );

  it('is not followed to another host', async () => {
    let others = 0;
    const other = createServer((_, response) => {
      others++;
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const location = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/bucket`;
    answer = status(307, '', { location });
    await expect(read()).rejects.toMatchObject({ details: { status: 307 } });
    await expect(files.identify('id', signal)).rejects.toMatchObject({ details: { status: 307 } });
    expect(others).toBe(0);
    other.close();
  });

  it.each<[string, Answer]>([
    ['does not answer', () => undefined],
    [
      'stops in the middle of the body',
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 10-19/100', 'content-length': '10' }).write('01234');
      },
    ],
    ['cuts the connection', (request) => void request.socket.destroy()],
    [
      'cuts the connection in the middle of the body',
      (request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 10-19/100', 'content-length': '10' }).write('01234');
        setTimeout(() => request.socket.destroy(), 20);
      },
    ],
    [
      'sends less than it says, bit by bit',
      (request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 10-19/100' });
        const timer = setInterval(() => response.write('0'), 150);
        request.socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('is asked four times when it %s', async (_, badly) => {
    files = new S3Files(place(), { pauseMs: 1, readMs: 400 });
    answer = badly;
    await expect(read()).rejects.toMatchObject({ code: 'objectStore', details: { status: undefined } });
    expect(requests).toHaveLength(4);
  });

  it('does not keep those who have lost patience', async () => {
    const patience = new AbortController();
    answer = () => patience.abort(new Error('enough'));
    await expect(files.read(PATH, RANGE, patience.signal)).rejects.toThrow('enough');
    await expect(files.identify('id', patience.signal)).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });
});

describe('a store that is broken', () => {
  it.each<[string, Answer, unknown]>([
    ['ignores ranges', status(200, '0123456789', { 'content-range': 'bytes 10-19/100' }), { details: { status: 200 } }],
    ['names no range', status(206, '0123456789'), { details: { status: 206 } }],
    ['has another range', partial('0123456789', 'bytes 0-9/100'), { details: { status: 206 } }],
    ['has a longer range', partial('0123456789', 'bytes 10-20/100'), { details: { status: 206 } }],
    ['sends more than the range', partial('0123456789a'), { details: { status: 206 } }],
    ['sends less than the range', partial('012345678'), { details: { status: 206 } }],
    [
      'sends no end',
      (_, response) => {
        response.writeHead(206, { 'content-range': 'bytes 10-19/100' });
        const more = (): void => {
          while (response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', more);
        more();
      },
      { details: { reason: 'the answer is too long' } },
    ],
  ])('fails a read when it %s', async (_, badly, expected) => {
    answer = badly;
    await expect(read()).rejects.toMatchObject(expected as object);
  });

  it.each<[string, Answer]>([
    ['is no XML', status(200, 'hello')],
    ['is cut', status(200, '<ListBucketResult><Contents><Key>prefix/a')],
    ['is another document', status(200, xml('Other'))],
    ['has keys outside of the prefix', listing(`<Contents><Key>other/${PATH}</Key></Contents>`)],
    ['has entries without keys', listing('<Contents><Size>1</Size></Contents>')],
    ['has no next page', listing('<IsTruncated>true</IsTruncated>')],
    ['is always the same', listing('<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>')],
    ['has too many keys', listing(`<Contents><Key>prefix/${PATH}</Key></Contents>`.repeat(1_001))],
    ['is too long', status(200, 'a'.repeat(2 ** 24 + 1))],
    ['is too deep', listing('<a>'.repeat(5_000) + '</a>'.repeat(5_000))],
    ['makes the parser expand entities', status(200, bomb())],
  ])('fails a listing that %s', async (_, badly) => {
    answer = badly;
    await expect(pathsIn(files)).rejects.toMatchObject({ code: 'objectStore' });
    expect(requests.length).toBeLessThan(3);
  });

  it('has other files in the place, which are left alone', async () => {
    answer = listing(`<Contents><Key>prefix/readme</Key></Contents><Contents><Key>prefix/${PATH}</Key></Contents>`);
    expect(await pathsIn(files)).toEqual([PATH]);
  });
});

/** A document whose text grows by a factor of ten with each of nine entities. */
function bomb(): string {
  const entities = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`);
  const key = '<Contents><Key>prefix/&e9;</Key></Contents>';
  return `<!DOCTYPE x [<!ENTITY e0 "lol">${entities.join('')}]><ListBucketResult>${key}</ListBucketResult>`;
}

describe('the identity of a place', () => {
  it('is not written over, also when the store said before that there is none', async () => {
    let conditions: unknown[] = [];
    answer = (request, response) => {
      if (request.method === 'GET') status(404, xml('NoSuchKey'))(request, response);
      else {
        conditions.push(request.headers['if-none-match']);
        status(412, xml('PreconditionFailed'))(request, response);
      }
    };
    expect(await files.identity(signal)).toBeUndefined();
    await files.identify('id', signal);
    expect(conditions).toEqual(['*']);
    conditions = [];
    answer = (request, response) => {
      conditions.push(request.headers['if-none-match']);
      status(conditions.length === 1 ? 501 : 200, xml('NotImplemented'))(request, response);
    };
    await files.identify('id', signal);
    expect(conditions).toEqual(['*', undefined]);
  });
});

describe('results that cannot be read', () => {
  const reasonOf = async (store = new ColdStore({}, { files, onFault: () => undefined })): Promise<string> => {
    const file = { path: PATH, bytes: 20, footer_at: 10, footer_sha256: '0'.repeat(64) };
    const rows = store.read(file, { first: 1, last: 2, order: 'asc', sought: [] });
    const error: unknown = await rows.next().catch((failure: unknown) => failure);
    return error instanceof StorageError && error.is('coldUnreadable') ? error.details.reason : `${error}`;
  };
  it.each<[string, string, Answer]>([
    ['missing', 'no object', status(404, xml('NoSuchKey'))],
    ['failed', 'no bucket', status(404, xml('NoSuchBucket'))],
    ['failed', 'no permission', status(403, xml('AccessDenied'))],
    ['failed', 'an object in an archive', status(403, xml('InvalidObjectState'))],
    ['failed', 'ranges that are ignored', status(200, '0123456789')],
    ['damaged', 'a short object', status(416, xml('InvalidRange'))],
    ['damaged', 'a shorter object', partial('01234', 'bytes 10-14/15')],
    ['damaged', 'other content', partial('0123456789')],
  ])('are %s: %s', async (reason, _, badly) => {
    answer = badly;
    expect(await reasonOf()).toBe(reason);
  });

  it('are reported when their turn does not come in time, and the store is not asked for them', async () => {
    answer = () => undefined;
    const store = new ColdStore({ readMs: 300 }, { files, onFault: () => undefined });
    const reasons = await Promise.all(Array.from({ length: 20 }, () => reasonOf(store)));
    expect(reasons).toEqual(Array(20).fill('failed'));
    // On a busy machine, their time ends before the first two have asked as well.
    expect(requests.length).toBeLessThanOrEqual(2);
  });

  it('are reported when the store is busy for too long', async () => {
    answer = status(503);
    const patient = new S3Files(place(), { pauseMs: 60_000 });
    const store = new ColdStore({ readMs: 300 }, { files: patient, onFault: () => undefined });
    expect(await reasonOf(store)).toBe('failed');
    expect(requests).toHaveLength(1);
  });
});

describe('a server that checks signatures', () => {
  let s3: S3Server;
  beforeEach(async () => {
    s3 = await S3Server.start();
  });
  afterEach(() => s3.stop());

  it('refuses another secret, another account and another bucket', async () => {
    const place = s3.place('a.b_c-d/e');
    const written = new S3Files(place);
    await written.identify('id', signal);
    expect(await written.identity(signal)).toBe('id');
    expect(await pathsIn(written)).toEqual([]);
    const refused = async (change: Partial<typeof place>): Promise<unknown> =>
      new S3Files({ ...place, ...change }).identity(signal).catch((error: StorageError) => error.details);
    expect(await refused({ secretAccessKey: SECRET })).toEqual({ status: 403, reason: 'SignatureDoesNotMatch' });
    expect(await refused({ accessKeyId: 'other' })).toEqual({ status: 403, reason: 'InvalidAccessKeyId' });
    expect(await refused({ url: `${s3.origin}/other` })).toEqual({ status: 404, reason: 'NoSuchBucket' });
  });

  it('has a bucket whose keys have no prefix', async () => {
    const { url, ...place } = s3.place('');
    const written = new S3Files({ ...place, url });
    const file = await written.create(PATH, signal);
    await file.write(Buffer.from('0123456789'));
    await file.end();
    expect(await pathsIn(written)).toEqual([PATH]);
    expect(s3.content('', PATH).toString()).toBe('0123456789');
  });
});

it.each([
  ['https://s3.example.net/bucket', 'https://s3.example.net/bucket', ''],
  ['https://s3.example.net:9000/bucket/', 'https://s3.example.net:9000/bucket', ''],
  ['http://[::1]:9000/my.bucket/of/revtr/', 'http://[::1]:9000/my.bucket', 'of/revtr/'],
])('the URL %s names a place', (url, bucket, prefix) => {
  expect(parseS3Url(url)).toEqual({ bucket, prefix });
});

it.each([
  ...['s3://bucket', 'https://s3.example.net', 'https://s3.example.net/', 'https://s3.example.net/b', 'bucket'],
  ...['https://u:p@s3.example.net/bucket', 'https://s3.example.net/bucket?x=y', 'https://s3.example.net/bucket#x'],
  ...['https://s3.example.net/bucket/a b', 'https://s3.example.net/bucket//a', 'https://s3.example.net/bucket/a+b'],
])('the URL %s names no place', (url) => {
  expect(() => parseS3Url(url)).toThrow(RangeError);
});
