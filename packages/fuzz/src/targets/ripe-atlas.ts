import { createRandom } from '@revtr/probing';
import { isTraceroute, RipeAtlasClient, RipeAtlasError, readTraceroute } from '@revtr/ripe-atlas';
import { resultOf } from '@revtr/ripe-atlas/stream';
import { ensure, jsonBytes, type Target, textOf } from '../target.ts';

const result = {
  fw: 5080,
  msm_id: 1,
  prb_id: 2,
  timestamp: 1_760_000_000,
  type: 'traceroute',
  from: '192.0.2.1',
  dst_addr: '198.51.100.1',
  af: 4,
  result: [
    { hop: 1, result: [{ from: '192.0.2.254', rtt: 1.5, size: 28, ttl: 64 }, { x: '*' }] },
    {
      hop: 2,
      result: [
        { from: '203.0.113.1', rtt: 5, err: 'N', icmpext: { version: 2, obj: [{ class: 1, mpls: [{ label: 3 }] }] } },
        { from: '203.0.113.1', late: 2 },
        { from: '203.0.113.2', rtt: 2, dup: true },
      ],
    },
    { hop: 3, error: 'sendto failed' },
    { hop: 255, result: [{ from: '198.51.100.1', rtt: 9 }] },
  ],
};
const old = { ...result, fw: '4400', af: undefined, pf: 4, result: 'raw' };
const failed = { ...result, dnserr: 'no such host', err: 'x' };

function checked(json: unknown): void {
  const read = readTraceroute(json);
  if (!isTraceroute(read)) ensure(read.reason.length <= 500, 'a reason is longer than 500 characters');
  else ensure(read.hops.length <= 512, `${read.hops.length} hops`);
}

/** One result. Its reader never throws. */
export const ripeResult = (): Target => ({
  form: 'json',
  seeds: [result, old, failed].map(jsonBytes),
  isExpected: (error) => error instanceof SyntaxError,
  run: (input) => checked(JSON.parse(textOf(input))),
});

/** One message of the result stream. Its reader never throws. */
export const ripeStream = (): Target => ({
  form: 'json',
  seeds: [jsonBytes(['atlas_result', result]), jsonBytes(['atlas_subscribed', {}])],
  isExpected: () => false,
  run: (input) => void resultOf(textOf(input)),
});

const measurement = {
  id: 1,
  type: 'traceroute',
  status: { id: 4, name: 'Stopped' },
  target: '198.51.100.1',
  target_ip: '198.51.100.1',
  participant_count: 3,
  probes_requested: 5,
};
const probe = {
  id: 6001,
  address_v4: '193.0.0.1',
  asn_v4: 3333,
  prefix_v4: '193.0.0.0/21',
  country_code: 'NL',
  status: { id: 1, name: 'Connected' },
  is_anchor: true,
  geometry: { type: 'Point', coordinates: [4.9, 52.4] },
  tags: [{ slug: 'home' }],
};
const credits = { current_balance: 10, estimated_daily_income: 1, estimated_daily_expenditure: 2 };
const page = { count: 1, next: null, previous: null, results: [probe] };
const refused = {
  error: { status: 400, code: 104, title: 'Bad', detail: 'no', errors: [{ source: { pointer: '/' } }] },
};

/** Answers of the API to every call of the client. */
export const ripeAnswers = (): Target => {
  let answer: Uint8Array = new Uint8Array();
  const options = { url: 'http://192.0.2.1/api/v2/', userAgent: 'fuzz', tries: 1 };
  const client = new RipeAtlasClient(options, {
    clock: { now: () => 0, sleep: async () => undefined },
    random: createRandom(1),
    fetch: async () => new Response(answer.slice(), { status: 200 + (answer.length % 2) * 201 }),
  });
  return {
    form: 'json',
    seeds: [measurement, probe, credits, page, refused, [result], { measurements: [1] }].map(jsonBytes),
    isExpected: (error) => error instanceof RipeAtlasError,
    run: async (input) => {
      answer = input;
      for (const call of callsOf(client))
        await call().catch((error: unknown) => {
          if (!(error instanceof RipeAtlasError)) throw error;
        });
    },
  };
};

const callsOf = (client: RipeAtlasClient): readonly (() => Promise<unknown>)[] => [
  () => client.measurement(1),
  () => client.results(1),
  () => client.credits(),
  () => client.key('k'),
  () => client.probes(),
];
