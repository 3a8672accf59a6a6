import { type IncomingHttpHeaders, request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';

/** Addresses and keys with which the requests are filled. */
export interface Filling {
  readonly key: string;
  /** A key that may change the source. */
  readonly hostKey: string;
  readonly source: string;
  readonly destination: string;
  /** A label that was measured, a batch that has ended, and a set of pings that has ended. */
  readonly label: string;
  readonly batch: number;
  readonly pings: number;
}

/** A request of the documentation or a client of the original, as it is on the wire, and what its sender needs of the answer. */
interface OriginalRequest {
  /** As in the table of docs/compatibility.md. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly answer: z.ZodType;
}

/** The types of hops in the proto file of the original. */
export const HOP_TYPES = [
  'DST_REV_SEGMENT',
  'DST_SYM_REV_SEGMENT',
  'TR_TO_SRC_REV_SEGMENT',
  'TR_TO_SRC_REV_SEGMENT_BETWEEN',
  'RR_REV_SEGMENT',
  'SPOOF_RR_REV_SEGMENT',
  'TS_ADJ_REV_SEGMENT',
  'SPOOF_TS_ADJ_REV_SEGMENT',
  'SPOOF_TS_ADJ_REV_SEGMENT_TS_ZERO',
  'SPOOF_TS_ADJ_REV_SEGMENT_TS_ZERO_DOUBLE_STAMP',
] as const;

const CURL = { 'user-agent': 'curl/7.88.1', accept: '*/*' };
const CURL_DATA = { ...CURL, 'content-type': 'application/x-www-form-urlencoded' };
/** What the library `requests` of Python sends. */
const PYTHON = {
  'user-agent': 'python-requests/2.31.0',
  'accept-encoding': 'gzip, deflate',
  accept: '*/*',
  connection: 'keep-alive',
};

const accepted = z.strictObject({ result_uri: z.url() });
const sources = z.strictObject({
  srcs: z.array(z.strictObject({ hostname: z.string(), ip: z.ipv4(), site: z.string() })).min(1),
});
const nothing = z.strictObject({});
/** What the clients read of a result. */
const rows = z.object({
  revtrs: z
    .array(
      z.object({
        status: z.literal('COMPLETED'),
        ...{ src: z.ipv4(), dst: z.ipv4(), stopReason: z.enum(['REACHES', 'FAILED']) },
        path: z.array(z.object({ hop: z.ipv4(), type: z.enum(HOP_TYPES) })),
      }),
    )
    .min(1),
});
const results = z.strictObject({ results: z.url() });

/** Every request of version 1 and of the measurement API that the documentation and the public clients of the original send. */
export const originalRequests = (fill: Filling): readonly OriginalRequest[] => {
  const { source: src, destination: dst, key, hostKey, label } = fill;
  const revtr = { 'Revtr-Key': key };
  const host = { 'Revtr-Key': hostKey, source: src };
  const measure = { 'Api-Key': key };
  const one = (...pairs: object[]) => JSON.stringify({ revtrs: pairs });
  const post = { method: 'POST', path: '/api/v1/revtr' } as const;
  const get = (path: string) => ({ method: 'GET', path: `/api/v1/${path}` }) as const;
  const atlas = (what: string) => ({ method: 'POST', path: `/api/v1/atlas/${what}` }) as const;
  const probe = (kind: string, body: object) =>
    ({
      method: 'POST',
      path: `/api/v1/${kind}`,
      headers: { ...CURL_DATA, ...measure },
      body: JSON.stringify(body),
    }) as const;
  return [
    {
      ...{ name: 'guide: measure', ...post, headers: { ...CURL_DATA, ...revtr } },
      ...{ body: `{"revtrs":[{"src":"${src}", "dst":"${dst}", "label":"guide"}]}`, answer: accepted },
    },
    {
      ...{ name: 'guide: measure to your source', ...post, headers: { ...CURL_DATA, ...revtr } },
      ...{ body: `{"revtrs":[{"src":"${src}", "dst":"${dst}"}]}`, answer: accepted },
    },
    { name: 'guide: sources', ...get('sources'), headers: { ...CURL, ...revtr }, answer: sources },
    { name: 'guide: first atlas', ...atlas('run'), headers: { ...CURL, ...host }, answer: nothing },
    { name: '`rtc.py sources`', ...get('sources'), headers: { ...PYTHON, ...revtr }, answer: sources },
    {
      ...{ name: '`rtc.py launch`', ...post, headers: { ...PYTHON, ...revtr } },
      ...{ body: one({ src, dst, label: 'launch' }), answer: accepted },
    },
    {
      ...{ name: '`rtc.py batch`, `launch-batches.py`', ...post, headers: { ...PYTHON, ...revtr } },
      body: one(...Array.from({ length: 1_000 }, () => ({ src, dst, label: 'tma_round1_240_0' }))),
      answer: accepted,
    },
    { name: '`rtc.py fetch`', ...get(`revtr?label=${label}`), headers: { ...PYTHON, ...revtr }, answer: rows },
    {
      ...{ name: '`rtc.py atlas --reset`', ...atlas('clean'), headers: { ...PYTHON, ...host, 'content-length': '0' } },
      answer: nothing,
    },
    {
      ...{ name: '`rtc.py atlas --rebuild`', ...atlas('run'), headers: { ...PYTHON, ...host, 'content-length': '0' } },
      answer: nothing,
    },
    {
      ...{ name: '`rest.py` fetch_revtr', ...get(`revtr?batchid=${fill.batch}`), headers: { ...PYTHON, ...revtr } },
      answer: rows,
    },
    {
      ...{ name: '`test_reverse_traceroute.py`', ...post },
      headers: { ...PYTHON, ...revtr, 'content-type': 'application/json' },
      ...{ body: one({ src, dst }), answer: accepted },
    },
    {
      ...{
        name: '`launch_revtr.go`',
        ...get(`revtr?batchid=${fill.batch}`),
        headers: { ...CURL, ...measure, ...revtr },
      },
      answer: rows,
    },
    {
      ...{ name: 'measurement API: hosts', ...get('vps'), headers: { ...CURL, ...measure } },
      answer: z.strictObject({ VPS: z.array(z.strictObject({ IP: z.ipv4() })).min(1) }),
    },
    {
      name: 'measurement API: ping',
      ...probe('ping', { pings: [{ src, dst, count: 4, timeout: 20 }] }),
      answer: results,
    },
    { name: 'measurement API: Record Route', ...probe('rr', { pings: [{ src, dst, timeout: 20 }] }), answer: results },
    {
      ...{
        name: 'measurement API: timestamp',
        ...probe('ts', { pings: [{ src, dst, timestamp: `tsprespec=${dst}` }] }),
      },
      answer: results,
    },
    {
      ...{ name: 'measurement API: traceroute', ...probe('traceroute', { traceroutes: [{ src, dst, attempts: 2 }] }) },
      answer: results,
    },
    {
      ...{ name: 'measurement API: pings', ...get(`pings?id=${fill.pings}`), headers: { ...CURL, ...measure } },
      answer: z.object({ pings: z.array(z.object({ type: z.literal('ping'), src: z.int(), dst: z.int() })).min(1) }),
    },
    {
      ...{
        name: 'measurement API: traceroutes',
        ...get(`traceroutes?id=${fill.pings}`),
        headers: { ...CURL, ...measure },
      },
      answer: nothing,
    },
    {
      ...{ name: 'measurement API: progress', ...get(`pings/batch/responses?id=${fill.pings}`) },
      ...{ headers: { ...CURL, ...measure }, answer: z.strictObject({ count: z.int() }) },
    },
  ];
};

/** Sends a request with these headers and no others, except `host`. */
export async function sendAsIs(
  server: string,
  { method, path, headers, body }: Pick<OriginalRequest, 'method' | 'path' | 'headers' | 'body'>,
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: unknown }> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, server), { method, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: answered } = response;
        const all = Buffer.concat(chunks);
        try {
          const text = answered['content-encoding'] === 'gzip' ? gunzipSync(all) : all;
          resolve({ status, headers: answered, body: JSON.parse(text.toString('utf8')) });
        } catch (error) {
          reject(error);
        }
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
