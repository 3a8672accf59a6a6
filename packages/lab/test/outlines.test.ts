import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const SIZE = 12;
const LEAST_FIRST = ['assumed', 'inferred', 'measured'];

describe('the outlines of a batch', () => {
  let system: TestSystem;
  let client: ReverseTracerouteClient;
  beforeAll(async () => {
    system = await startTestSystem();
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  });
  afterAll(() => system?.stop());

  const page = async (path: string, key = system.key) =>
    JSON.parse(await (await fetch(`${system.url}${path}`, { headers: { 'revtr-key': key } })).text());

  it('say the same as the whole measurements, page after page', async () => {
    const pairs = system.destinations
      .slice(0, SIZE)
      .map((dst, i) => ({ src: system.source, dst, label: `pair ${i}`, isRunRttPings: true }));
    const { batchId } = await client.submit(pairs);
    const { measurements } = await client.wait(batchId);
    const found = [];
    for (let after = 0; after !== undefined; ) {
      const {
        measurements: part,
        next,
        total,
      } = await page(`/api/v2/batches/${batchId}/measurements?limit=5&after=${after}`);
      expect(total).toBe(SIZE);
      expect(part.length).toBeLessThanOrEqual(5);
      found.push(...part);
      after = next;
    }
    const expected = measurements.map(({ id, source, destination, label, state, result }) => {
      const hops = result?.hops ?? [];
      const known = hops.flatMap(({ asn, hiddenNetwork }) => [asn ?? [], hiddenNetwork?.asn ?? []].flat());
      const leastTrust = LEAST_FIRST.find((trust) => hops.some((hop) => hop.trust === trust));
      return {
        ...{ id, source, destination, label, state },
        stopReason: result?.stopReason,
        ...(result?.failReason && { failCode: result.failReason.code }),
        hops: hops.length,
        networks: known.filter((asn, i) => asn !== known[i - 1]),
        ...(leastTrust !== undefined && { leastTrust }),
        confidence: result?.confidence,
        startedAt: result?.startedAt,
        ...(hops[0]?.rttMs !== undefined && { rttMs: hops[0].rttMs }),
        durationMs: expect.closeTo((result?.endedAt ?? 0) - (result?.startedAt ?? 0), 3),
      };
    });
    expect(found).toEqual(expected);
  });

  it('have the routers of the paths, with their networks, when they are asked for', async () => {
    const pairs = system.destinations.slice(0, SIZE).map((dst) => ({ src: system.source, dst }));
    const { batchId } = await client.submit(pairs);
    const { measurements } = await client.wait(batchId);
    const found = await client.outlines(batchId, { routers: true });
    const hops = measurements.flatMap(({ result }) => result?.hops ?? []);
    expect(found.measurements.flatMap(({ routers }) => routers)).toEqual(hops.map(({ address }) => address));
    const known = hops.flatMap(({ address, asn }) => (asn === undefined ? [] : [[address, asn]]));
    expect(found.origins).toEqual(Object.fromEntries(known));
  });

  it('are those of the caller alone, as is the list of batches', async () => {
    const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[0] }]);
    const key = await addUser(system, 'other@revtr.example');
    expect((await page(`/api/v2/batches/${batchId}/measurements`, key)).error.code).toBe('notFound');
    expect(await page('/api/v2/batches', key)).toEqual({ batches: [] });
    const [latest] = await client.batches();
    expect(latest).toMatchObject({ id: batchId, total: 1 });
  });
});
