import { formatIpv4 } from '@revtr/net';
import { createRandom, systemClock } from '@revtr/probing';
import {
  isTerminal,
  isTraceroute,
  type ProbeSelection,
  RipeAtlasClient,
  RipeAtlasError,
  type RipeTraceroute,
  streamResults,
  type TracerouteDefinition,
} from '@revtr/ripe-atlas';
import { SimulatedInternet, simParameters } from '@revtr/sim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RipeAtlasEmulator } from '../src/emulator.ts';
import { MANY_FAULTS, NO_FAULTS } from '../src/faults.ts';
import { accountOf, startEmulator } from '../src/simulated.ts';

const internet = new SimulatedInternet({
  parameters: simParameters('small', 3, { hiddenTunnels: 0, visibleTunnels: 1 }),
});
const world = { internet, prober: internet.prober() };
const { clock, truth, places } = internet;
const source = places.sources[0].address;
const RICH = 'rich-key';
const POOR = 'poor-key';
const READER = 'reader-key';
const rich = accountOf('rich@revtr.example', 1_000_000);
const keys = {
  [RICH]: rich,
  [POOR]: accountOf('poor@revtr.example', 100),
  [READER]: { ...accountOf('reader@revtr.example', 1_000), permissions: [] },
};
const definition: TracerouteDefinition = {
  target: formatIpv4(source),
  description: 'test',
  protocol: 'ICMP',
  packets: 3,
  paris: 1,
  maxHops: 32,
  tags: ['revtr'],
  isPublic: true,
};
const errorSchema = z.looseObject({ error: z.looseObject({ detail: z.string() }) });
const pageSchema = z.object({ next: z.string(), results: z.array(z.looseObject({ id: z.int() })) });
const worldwide = (requested: number): ProbeSelection[] => [{ type: 'area', value: 'WW', requested }];
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error instanceof RipeAtlasError ? error.code : String(error)),
  );

let emulator: RipeAtlasEmulator;
beforeAll(async () => {
  emulator = await startEmulator(world, { keys, mostProbes: 20, mostConcurrent: 6 });
});
afterAll(() => emulator.stop());
const clientOf = (key?: string, at = emulator): RipeAtlasClient =>
  new RipeAtlasClient({ url: at.url, key, userAgent: 'test' }, { clock, random: createRandom(2), fetch });
/** Runs virtual time until the measurement ends, and returns its results. */
const finish = (client: RipeAtlasClient, id: number) =>
  clock.drive(
    (async () => {
      while (!isTerminal((await client.measurement(id)).state)) await clock.sleep(10_000);
      return client.results(id);
    })(),
  );

describe('the emulated RIPE Atlas', () => {
  it('measures the paths of packets, charges the announced credits, and stops when it is complete', async () => {
    const client = clientOf(RICH);
    const before = (await client.credits()).balance;
    const id = await client.createTraceroute(definition, worldwide(10), 'revtr-one');
    expect((await client.measurement(id)).state).toBe('specified');
    const results = await finish(client, id);
    const traceroutes = results.filter(isTraceroute);
    expect(traceroutes).toHaveLength(10);
    expect(new Set(traceroutes.map(({ probe }) => probe)).size).toBe(10);
    for (const { from, hops, isReached, at } of traceroutes) {
      expect(isReached).toBe(true);
      if (from === undefined) throw new Error('no origin');
      const possible = truth.possibleRouters(from, source, at);
      const routers = hops.flatMap((hop) =>
        hop.from === undefined || hop.from === source ? [] : truth.routerOf(hop.from),
      );
      expect(routers.filter((router) => !possible.has(router))).toEqual([]);
    }
    expect(traceroutes.some(({ hops }) => hops.some(({ labels }) => labels.length > 0))).toBe(true);
    const measurement = await client.measurement(id);
    expect(measurement).toMatchObject({ state: 'stopped', participants: 10, creditsPerResult: 60, isOneOff: true });
    expect(before - (await client.credits()).balance).toBe(600);
  });

  it('selects probes by ID, network, prefix and country, and reports when no probe matches', async () => {
    const client = clientOf(RICH);
    const probes = await client.probes();
    const [one] = probes;
    const probesOf = async (selection: ProbeSelection): Promise<number[]> => {
      const id = await client.createTraceroute(
        definition,
        [selection],
        `revtr-${selection.type}-${Math.random().toString(36).slice(2)}`,
      );
      const results = await finish(client, id);
      return results.flatMap(({ probe }) => probe ?? []).sort();
    };
    expect(await probesOf({ type: 'probes', ids: [one.id, probes[1].id] })).toEqual([one.id, probes[1].id]);
    expect(await probesOf({ type: 'asn', value: String(one.asn), requested: 5 })).toEqual([one.id]);
    expect(await probesOf({ type: 'prefix', value: one.prefix ?? '', requested: 5 })).toEqual([one.id]);
    const country = await probesOf({ type: 'country', value: one.country ?? '', requested: 20 });
    expect(country).toEqual(probes.filter((probe) => probe.country === one.country).map(({ id }) => id));
    const nobody = await client.createTraceroute(definition, [{ type: 'asn', value: '1', requested: 5 }], 'revtr-none');
    await finish(client, nobody);
    expect((await client.measurement(nobody)).state).toBe('noSuitableProbes');
  });

  it('rejects invalid and forbidden requests with the errors of RIPE Atlas', async () => {
    const post = async (body: unknown, key = RICH) => {
      const response = await fetch(`${emulator.url}measurements/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Key ${key}` },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: errorSchema.parse(await response.json()) };
    };
    expect(
      await post({
        definitions: [{ type: 'traceroute', target: '1.2.3.4', description: 'x', protocol: 'ICMP' }],
        probes: [{ type: 'area', value: 'WW', requested: 1 }],
      }),
    ).toMatchObject({
      status: 400,
      body: { error: { code: 102, errors: [{ source: { pointer: '/definitions/0/af' } }] } },
    });
    expect((await post({}, 'unknown')).body.error.detail).toBe('The provided API key does not exist');
    expect(await codeOf(clientOf(READER).createTraceroute(definition, worldwide(1), 'revtr-a'))).toBe('forbidden');
    expect(await codeOf(clientOf().createTraceroute(definition, worldwide(1), 'revtr-b'))).toBe('forbidden');
    expect(await codeOf(clientOf(POOR).createTraceroute(definition, worldwide(2), 'revtr-c'))).toBe(
      'insufficientCredits',
    );
    expect(await codeOf(clientOf(RICH).createTraceroute(definition, worldwide(21), 'revtr-d'))).toBe('badRequest');
    expect(await codeOf(clientOf(RICH).createTraceroute({ ...definition, target: 'x' }, worldwide(1), 'revtr-e'))).toBe(
      'badRequest',
    );
    expect(await codeOf(clientOf(RICH).measurement(5))).toBe('notFound');
  });

  it('limits the concurrent measurements of an account, and stops measurements on request', async () => {
    const client = clientOf(RICH);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => codeOf(client.createTraceroute(definition, worldwide(1), `revtr-many-${i}`))),
    );
    expect(answers.filter((answer) => answer === 'no error')).toHaveLength(6);
    expect(answers.filter((answer) => answer === 'quota')).toHaveLength(2);
    const open = await Promise.all(answers.map((_, i) => client.ownMeasurements(`revtr-many-${i}`)));
    const ids = open.flat().map(({ id }) => id);
    expect(await codeOf(clientOf(POOR).stop(ids[0]))).toBe('forbidden');
    for (const id of ids) await client.stop(id);
    expect((await client.measurement(ids[0])).state).toBe('stopped');
    expect(await finish(client, ids[0])).toEqual([]);
    expect(await codeOf(client.createTraceroute(definition, worldwide(1), 'revtr-again'))).toBe('no error');
  });

  it('shows private measurements only to their owner', async () => {
    const id = await clientOf(RICH).createTraceroute({ ...definition, isPublic: false }, worldwide(2), 'revtr-private');
    expect(await codeOf(clientOf().results(id))).toBe('forbidden');
    expect(await finish(clientOf(RICH), id)).toHaveLength(2);
  });

  it('lists probes in pages, and measurements by tag', async () => {
    const pageAt = async (url: string) => pageSchema.parse(await (await fetch(url)).json());
    const small = await pageAt(`${emulator.url}probes/?page_size=3`);
    expect(small.results).toHaveLength(3);
    const next = await pageAt(small.next);
    expect(next.results[0].id).toBe(small.results[2].id + 1);
    expect((await clientOf(RICH).ownMeasurements('revtr-one')).map(({ tags }) => tags)).toEqual([
      ['revtr', 'revtr-one'],
    ]);
    expect(await clientOf(RICH).ownMeasurements('revtr-nothing')).toEqual([]);
    const anchors = await clientOf().probes({ isAnchor: true });
    expect(anchors.length).toBeGreaterThan(0);
    expect(anchors.every(({ isAnchor, isConnected }) => isAnchor && isConnected)).toBe(true);
  });

  it('shows the permissions of a key, adds probes to a measurement, and returns results from a start time, inclusive', async () => {
    const client = clientOf(RICH);
    expect(await client.key(RICH)).toMatchObject({
      isUsable: true,
      permissions: expect.arrayContaining(['keys.get_key']),
    });
    const [first, second] = await client.probes();
    const id = await client.createTraceroute(definition, [{ type: 'probes', ids: [first.id] }], 'revtr-more');
    await client.addProbes(id, [second.id]);
    const results = (await finish(client, id)).filter(isTraceroute);
    expect(results.map(({ probe }) => probe).sort()).toEqual([first.id, second.id]);
    const latest = Math.max(...results.map(({ at }) => at));
    expect((await client.results(id, latest)).length).toBeGreaterThan(0);
    expect(await client.results(id, latest + 1_000)).toEqual([]);
  });

  it('streams results, also to a client that reconnects after a break', async () => {
    const faulty = await startEmulator(world, { keys, faults: { ...NO_FAULTS, streamBreaks: 0.3 } });
    const client = clientOf(RICH, faulty);
    const id = await client.createTraceroute(definition, worldwide(15), 'revtr-stream');
    const seen = new Map<number, RipeTraceroute>();
    const stop = new AbortController();
    const following = streamResults(
      {
        url: faulty.streamUrl,
        client: 'test',
        measurements: [id],
        onResult: (result) => {
          if (isTraceroute(result)) seen.set(result.probe, result);
        },
      },
      { clock: systemClock, random: createRandom(3) },
      stop.signal,
    );
    const all = (await finish(client, id)).filter(isTraceroute);
    stop.abort();
    await following;
    await faulty.stop();
    expect(all.length).toBe(15);
    for (const [probe, result] of seen) expect(all.find((other) => other.probe === probe)).toEqual(result);
  });

  it('returns each result once despite faults', async () => {
    const faulty = await startEmulator(world, { keys, faults: { ...MANY_FAULTS, silentProbes: 0 } });
    const client = clientOf(RICH, faulty);
    const before = rich.balance;
    const id = await client.createTraceroute(definition, worldwide(15), 'revtr-bad-day');
    const results = await finish(client, id);
    expect(results).toHaveLength(15);
    expect(before - rich.balance).toBe(900);
    expect(results.filter(isTraceroute).length).toBeGreaterThan(8);
    await faulty.stop();
  });
});
