import { type Clock, createRandom } from '@revtr/probing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { RipeAtlasClient, RipeAtlasError, type TracerouteDefinition } from '../src/index.ts';
import { type Answer, serve } from './server.ts';

const KEY = '11111111-2222-3333-4444-555555555555';
const DEFINITION: TracerouteDefinition = {
  target: '192.0.2.10',
  description: 'test',
  protocol: 'ICMP',
  packets: 3,
  paris: 1,
  maxHops: 32,
  tags: ['revtr'],
  isPublic: true,
};
const json = (body: unknown, status = 200): Answer => ({ status, body: JSON.stringify(body) });
const MEASUREMENT = { id: 7, type: 'traceroute', status: { id: 2, name: 'Ongoing' }, credits_per_result: 60 };

describe('client of RIPE Atlas', () => {
  let stop: () => Promise<void> = async () => undefined;
  afterEach(() => stop());
  /** A client whose waits are over at once, and the list of them. */
  const start = async (answer: Parameters<typeof serve>[0], limits: { readonly maxAnswerBytes?: number } = {}) => {
    const server = await serve(answer);
    stop = server.stop;
    const waits: number[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      sleep: async (ms) => {
        waits.push(ms);
      },
    };
    const client = new RipeAtlasClient(
      { url: server.url, key: KEY, userAgent: 'test', tries: 5, ...limits },
      { clock, random: createRandom(1), fetch },
    );
    return { client, waits, asked: server.asked };
  };
  const codeOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'no error',
      (error: unknown) => (error instanceof RipeAtlasError ? error.code : String(error)),
    );

  it('sends its key in the header only', async () => {
    const { client, asked } = await start(() => json(MEASUREMENT));
    expect(await client.measurement(7)).toMatchObject({ id: 7, state: 'ongoing', creditsPerResult: 60 });
    expect(asked[0].headers.authorization).toBe(`Key ${KEY}`);
    expect(asked[0].url).not.toContain(KEY);
    expect(asked[0].headers['user-agent']).toBe('test');
  });

  it('does not send its key to another server that a next page names', async () => {
    const other = await serve(() => json({ count: 1, next: null, results: [] }));
    const { client } = await start(() => json({ count: 1, next: `${other.url}probes/`, results: [] }));
    await client.probes();
    expect(other.asked).toHaveLength(1);
    expect(other.asked[0].headers.authorization).toBeUndefined();
    await other.stop();
  });

  it('waits as long as Retry-After says, and a growing random time in addition', async () => {
    const { client, waits } = await start((_, count) =>
      count <= 3 ? { status: 429, headers: count === 1 ? { 'retry-after': '7' } : {} } : json(MEASUREMENT),
    );
    await client.measurement(7);
    expect(waits).toHaveLength(3);
    expect(waits[0]).toBeGreaterThanOrEqual(7_000);
    expect(waits[2]).toBeLessThan(4_000);
    expect(new Set(waits).size).toBe(3);
  });

  it('repeats a request after failures and truncated answers, and gives up after the last try', async () => {
    const answers: Answer[] = [{ status: 503 }, { status: 200, body: '{"id": 7, "ty' }, json(MEASUREMENT)];
    const { client } = await start((_, count) => answers[count - 1]);
    expect((await client.measurement(7)).id).toBe(7);
    await stop();
    const dead = await start(() => ({ status: 500 }));
    expect(await codeOf(dead.client.measurement(7))).toBe('serverFailed');
    expect(dead.asked).toHaveLength(5);
  });

  it('distinguishes errors by status and text, in both forms of the error body', async () => {
    const cases: [Answer, string][] = [
      [
        json(
          { error: { status: 403, code: 104, title: 'Forbidden', detail: 'The provided API key does not exist' } },
          403,
        ),
        'forbidden',
      ],
      [json({ detail: 'Not found.', status: 404 }, 404), 'notFound'],
      [
        json(
          {
            error: {
              status: 400,
              detail: 'x',
              errors: [{ source: { pointer: '/definitions/0/af' }, detail: 'This field is required.' }],
            },
          },
          400,
        ),
        'badRequest',
      ],
      [json({ error: { status: 403, detail: 'You do not have enough credit' } }, 403), 'insufficientCredits'],
      [
        json({ error: { status: 400, detail: 'We do not allow more than 100 concurrent measurements.' } }, 400),
        'quota',
      ],
      [{ status: 400, body: '<html>' }, 'badRequest'],
      [json({ nothing: true }), 'badAnswer'],
    ];
    for (const [answer, code] of cases) {
      const { client } = await start(() => answer);
      expect(await codeOf(client.measurement(7))).toBe(code);
      await stop();
    }
    expect(await codeOf((await start(() => json({}))).client.createTraceroute(DEFINITION, [], 'tag'))).toBe(
      'badAnswer',
    );
  });

  it('creates nothing twice: after a lost answer it finds the measurement by its tag', async () => {
    let created = 0;
    const { client, asked } = await start(({ method }) => {
      if (method === 'GET') return json({ count: created, next: null, results: created > 0 ? [MEASUREMENT] : [] });
      created++;
      return { status: 502 };
    });
    expect(await client.createTraceroute(DEFINITION, [{ type: 'probes', ids: [1, 2] }], 'revtr-x')).toBe(7);
    expect(created).toBe(1);
    expect(asked.at(-1)?.url).toContain('tags=revtr-x');
  });

  it('repeats a creation whose request was lost', async () => {
    let posts = 0;
    const { client } = await start(({ method }) => {
      if (method === 'GET') return json({ count: 0, next: null, results: [] });
      return ++posts < 3 ? { status: 502 } : json({ measurements: [9] }, 201);
    });
    expect(await client.createTraceroute(DEFINITION, [], 'revtr-y')).toBe(9);
    expect(posts).toBe(3);
  });

  it('follows the links to next pages, and leaves out invalid entries', async () => {
    const probe = { id: 1, status: { id: 1 }, asn_v4: 3333, geometry: { type: 'Point', coordinates: [4.9, 52.4] } };
    const { client, asked } = await start(({ url = '', headers }) =>
      url.includes('after=')
        ? json({ next: null, results: [{ ...probe, id: 2, is_anchor: true }] })
        : json({ count: 3, next: `http://${headers.host}/api/v2/probes/?after=abc`, results: [probe, { id: 'x' }] }),
    );
    expect(await client.probes()).toMatchObject([
      { id: 1, asn: 3333, place: { latitude: 52.4, longitude: 4.9 }, isConnected: true, isAnchor: false },
      { id: 2, isAnchor: true },
    ]);
    expect(asked[1].url).toBe('/api/v2/probes/?after=abc');
  });

  it('requests results from a start time, inclusive', async () => {
    const { client, asked } = await start(() => json([{ prb_id: 3 }]));
    expect(await client.results(7, 1_700_000_000_999)).toMatchObject([{ probe: 3 }]);
    expect(asked[0].url).toContain('start=1700000000');
  });

  it('refuses answers and lists beyond their limits', async () => {
    const large = await start(() => ({ status: 200, body: `"${'x'.repeat(2_000_000)}"` }), {
      maxAnswerBytes: 1_000_000,
    });
    expect(await codeOf(large.client.measurement(7))).toBe('answerTooLarge');
    expect(large.asked).toHaveLength(1);
    await stop();
    const endless = await start(({ headers }) => json({ next: `http://${headers.host}/api/v2/probes/`, results: [] }));
    expect(await codeOf(endless.client.probes())).toBe('answerTooLarge');
    expect(endless.asked.length).toBeLessThanOrEqual(200);
  });

  it('refuses a next page whose URL is invalid', async () => {
    const { client } = await start(() => json({ next: 'http://[', results: [] }));
    expect(await codeOf(client.probes())).toBe('badAnswer');
  });

  it('keeps a bounded part of an error body', async () => {
    const errors = Array.from({ length: 1_000 }, () => ({ detail: 'x'.repeat(1_000) }));
    const { client } = await start(() => json({ error: { detail: 'y'.repeat(100_000), errors } }, 400));
    const error = await client.measurement(7).catch((reason: unknown) => reason);
    expect(error instanceof RipeAtlasError && error.code === 'badRequest' && error.message.length < 20_000).toBe(true);
  });

  it('gives a value or a RipeAtlasError for any body', async () => {
    let body = '';
    const { client } = await start(() => ({ status: 200, body }));
    const whole = JSON.stringify({ ...MEASUREMENT, next: null, results: [{ id: 1, status: 1 }] });
    const bodies = fc.oneof(
      fc.nat(whole.length).map((length) => whole.slice(0, length)),
      fc.json(),
      fc.string(),
    );
    const calls = [() => client.measurement(7), () => client.results(7), () => client.probes(), () => client.credits()];
    await fc.assert(
      fc.asyncProperty(bodies, fc.constantFrom(...calls), async (text, call) => {
        body = text;
        const error = await call().catch((reason: unknown) => reason);
        if (error instanceof Error) expect(error).toBeInstanceOf(RipeAtlasError);
      }),
      { numRuns: 60 },
    );
  });

  it('stops waiting when cancelled', async () => {
    const { client } = await start(() => ({ status: 503 }));
    expect(await codeOf(client.measurement(7, AbortSignal.abort()))).toBe('cancelled');
  });
});
