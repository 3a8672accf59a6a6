import { inflateSync } from 'node:zlib';
import { type Measurement, type Publication, ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const LABEL = 'a secret label';
const GONE = [404, 404, 404, 404, 404, 404];
const ADDRESS = /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g;

let system: TestSystem;
let operator: ReverseTracerouteClient;
let owner: ReverseTracerouteClient;
beforeAll(async () => {
  system = await startTestSystem({ visitorMeasurementsPerDay: 100 });
  operator = new ReverseTracerouteClient({ server: system.url, key: system.key });
  owner = await newUser('owner@example.org');
});
afterAll(() => system?.stop());

async function newUser(email: string): Promise<ReverseTracerouteClient> {
  const key = await addUser(system, email, { max_per_day: 100, max_parallel: 100, max_per_minute: 100 });
  return new ReverseTracerouteClient({ server: system.url, key });
}

async function measureAs(client: ReverseTracerouteClient, i = 0): Promise<Measurement> {
  const pair = { src: system.source, dst: system.destinations[i], isRunForwardTraceroute: true, label: LABEL };
  const { measurements } = await client.wait((await client.submit([pair])).batchId);
  return measurements[0];
}

const visitor = () => new ReverseTracerouteClient({ server: system.url, key: '' });
const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error) => error.answer?.serverCode ?? error.details?.serverCode ?? error.code,
  );

/** Everything that is served under the token of a publication. */
const addressesOf = ({ url, svg, png, embed, token }: Publication): readonly string[] => [
  `${system.url}/api/v2/public-results/${token}`,
  url,
  svg,
  png,
  embed,
  `${url}/card.png`,
];
const statusesOf = (publication: Publication): Promise<number[]> =>
  Promise.all(addressesOf(publication).map(async (address) => (await fetch(address, { redirect: 'manual' })).status));

describe('publishing a result', () => {
  it('lets everybody who has the token see it, until it is unpublished', async () => {
    const { id } = await measureAs(owner);
    expect(await codeOf(owner.publication(id))).toBe('notFound');
    const publication = await owner.publish(id);
    expect(publication.token).toMatch(/^[\w-]{32}$/);
    expect(await owner.publish(id)).toEqual(publication);
    expect(await owner.publication(id)).toEqual(publication);
    // Without the web interface, the page of a result leads to the one for embedding.
    expect(await statusesOf(publication)).toEqual([200, 302, 200, 200, 200, 200]);
    await owner.unpublish(id);
    expect(await statusesOf(publication)).toEqual(GONE);
    const again = await owner.publish(id);
    expect(again.token).not.toBe(publication.token);
    expect(await statusesOf(publication)).toEqual(GONE);
  });

  it('shows the path, and no address that is not on it', async () => {
    const measurement = await measureAs(owner, 1);
    const { token, svg, embed } = await owner.publish(measurement.id);
    const hops = measurement.result?.hops ?? [];
    const shown = await visitor().publicResult(token);
    const { headers } = await fetch(`${system.url}/api/v2/public-results/${token}`);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(shown.result.hops.map(({ address }) => address)).toEqual(hops.map(({ address }) => address));
    expect(shown.result.hops.map(({ confidence }) => confidence)).toEqual(hops.map(({ confidence }) => confidence));

    const onPath = new Set([
      ...hops.flatMap(({ address, alternatives = [] }) => [address, ...alternatives]),
      measurement.destination,
      measurement.source,
      measurement.result?.measuredThrough?.address,
    ]);
    const evidence = new Set(JSON.stringify(measurement).match(ADDRESS));
    expect([...evidence].some((address) => !onPath.has(address))).toBe(true);
    const addresses = [`${system.url}/api/v2/public-results/${token}`, svg, embed];
    for (const text of await Promise.all(addresses.map(async (address) => (await fetch(address)).text()))) {
      const { hostname } = new URL(system.url);
      const found = [...new Set(text.replaceAll(hostname, '').match(ADDRESS))];
      expect(found.length).toBeGreaterThan(2);
      expect(found.filter((address) => !onPath.has(address))).toEqual([]);
      for (const secret of [LABEL, 'owner@example.org', 'evidence', 'attempts', 'forward', 'batch'])
        expect(text.toLowerCase()).not.toContain(secret);
    }
  });

  it('is up to the account that measured it; operators may end it', async () => {
    const { id } = await measureAs(owner, 2);
    const stranger = await newUser('stranger@example.org');
    expect(await codeOf(stranger.publish(id))).toBe('notFound');
    expect(await codeOf(visitor().publish(id))).toBe('notFound');
    expect(await codeOf(operator.publish(id))).toBe('forbidden');
    const publication = await owner.publish(id);
    expect(await codeOf(stranger.publication(id))).toBe('notFound');
    expect(await codeOf(stranger.unpublish(id))).toBe('notFound');
    expect(await codeOf(visitor().unpublish(id))).toBe('unauthorized');
    await operator.unpublish(id);
    expect((await statusesOf(publication))[0]).toBe(404);
  });

  it('waits until the measurement has ended', async () => {
    await operator.fleet.stopProbes({ scope: 'probing', subject: '', reason: 'test' });
    try {
      const { batchId } = await owner.submit([{ src: system.source, dst: system.destinations[3] }]);
      const [{ id }] = (await owner.batch(batchId)).measurements;
      expect(await codeOf(owner.publish(id))).toBe('conflict');
    } finally {
      await operator.fleet.resumeProbes('probing');
    }
  });

  it('hides the source as soon as its host does, and leaves the decision to the host', async () => {
    const [mine, next] = [await measureAs(owner, 4), await measureAs(owner, 5)];
    const publication = await owner.publish(mine.id);
    await operator.accounts.setVisibility(system.source, 'private');
    try {
      expect(await statusesOf(publication)).toEqual(GONE);
      expect(await codeOf(owner.publish(next.id))).toBe('forbidden');
    } finally {
      await operator.accounts.setVisibility(system.source, 'public');
    }
    expect((await statusesOf(publication))[0]).toBe(200);
  });

  it.each([
    ['an empty token', ''],
    ['a short token', 'x'],
    ['SQL', "' or 1=1 --"],
    ['a zero byte', '\0'],
    ['a path', '../../etc/passwd'],
    ['a token that is too long', 'a'.repeat(64)],
    ['a token that is much too long', 'a'.repeat(5_000)],
    ['an emoji', '💥'],
  ])('knows no result under %s', async (_, token) => {
    const paths = ['/api/v2/public-results/', '/embed/', '/results/'].map((path) => path + encodeURIComponent(token));
    for (const path of [...paths, `${paths[2]}/path.svg`, `${paths[2]}/card.png`]) {
      if (token === '' && path.endsWith('public-results/')) continue;
      const { status } = await fetch(system.url + path);
      expect(status, path).toBeGreaterThanOrEqual(400);
      expect(status, path).toBeLessThan(500);
    }
  });

  it('is part of the export of the account', async () => {
    const exported: string[] = [];
    for await (const { type } of owner.accounts.export()) exported.push(type);
    expect(exported.filter((type) => type === 'publication').length).toBeGreaterThan(0);
  });
});

describe('results of people without an account', () => {
  it('are listed, and those of users are not', async () => {
    await measureAs(owner, 6);
    expect(await visitor().recentResults()).toEqual({ results: [], names: {} });
    const pair = { src: system.source, dst: system.destinations[7], label: LABEL };
    const { measurements } = await visitor().wait((await visitor().submit([pair])).batchId);
    // What was listed before is kept for a while.
    await expect.poll(async () => (await visitor().recentResults()).results, { timeout: 15_000 }).not.toEqual([]);
    const recent = await visitor().recentResults();
    expect(recent.results).toMatchObject([
      { id: measurements[0].id, source: system.source, destination: system.destinations[7] },
    ]);
    expect(Object.keys(recent.names).map(Number).sort()).toEqual([...new Set(recent.results[0].networks)].sort());
    expect(JSON.stringify(recent)).not.toContain(LABEL);
  });

  it('can be published by everybody, and unpublished by operators', async () => {
    const pair = { src: system.source, dst: system.destinations[8] };
    const { measurements } = await visitor().wait((await visitor().submit([pair])).batchId);
    const publication = await visitor().publish(measurements[0].id);
    expect(await owner.publish(measurements[0].id)).toEqual(publication);
    expect(await codeOf(owner.unpublish(measurements[0].id))).toBe('forbidden');
    await operator.unpublish(measurements[0].id);
    expect((await statusesOf(publication))[0]).toBe(404);
  });

  it('are not listed any more when visitors may not measure', async () => {
    const [account] = await operator.accounts.users({ email: 'visitors@revtr.invalid' });
    await operator.accounts.changeUser(account.id, { disabled: true });
    try {
      await expect.poll(async () => (await visitor().recentResults()).results, { timeout: 15_000 }).toEqual([]);
    } finally {
      await operator.accounts.changeUser(account.id, { disabled: false });
    }
  });
});

describe('the pictures of a published result', () => {
  let publication: Publication;
  beforeAll(async () => {
    publication = await owner.publish((await measureAs(owner, 9)).id);
  });

  it('are PNGs of the size that they say', async () => {
    const sizeOf = async (url: string) => pngSize(Buffer.from(await (await fetch(url)).arrayBuffer()));
    expect(await sizeOf(`${publication.url}/card.png`)).toEqual({ width: 1200, height: 630 });
    const svg = await (await fetch(`${publication.svg}?layout=narrow`)).text();
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    expect(await sizeOf(`${publication.png}?layout=narrow&theme=dark`)).toEqual({
      width: 2 * Number(width),
      height: 2 * Number(height),
    });
  });

  it('may be shown by other sites, run nothing, and are asked for again each time', async () => {
    for (const url of [publication.svg, publication.png]) {
      const { headers } = await fetch(url);
      expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      expect(headers.get('cache-control')).toBe('no-cache');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      const known = { headers: { 'if-none-match': headers.get('etag') ?? '' } };
      expect((await fetch(url, known)).status).toBe(304);
    }
  });

  it('cannot be asked for without end', async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 70; i++) statuses.add((await fetch(publication.png)).status);
    expect(statuses).toEqual(new Set([200, 429]));
  });
});

/** Size of a PNG (RFC 2083) with eight bits for each of four channels, whose pixels are all there. */
function pngSize(png: Buffer): { readonly width: number; readonly height: number } {
  expect(png.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  expect([png[24], png[25], png[28]]).toEqual([8, 6, 0]);
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const lines = inflateSync(Buffer.concat(data));
  expect(lines.length).toBe(height * (1 + 4 * width));
  expect(new Set(lines).size).toBeGreaterThan(20);
  return { width, height };
}
