import { ClientError, type NewProbes, type Probe, ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
let operator: ReverseTracerouteClient;
let vantagePoint: string;
/** Destinations that answer echo requests, also with the Record Route option. */
let answering: readonly string[];
beforeAll(async () => {
  system = await startTestSystem();
  operator = clientWith(system.key);
  vantagePoint = formatIpv4(system.world.vantagePoints[0]);
  const candidates = system.destinations.slice(0, 60).map((to) => ({ from: system.source, to }));
  const probes = await sent(operator, { type: 'recordRoute', probes: candidates });
  answering = probes.flatMap(({ to, result }) => (echoOf(result)?.recordRoute === undefined ? [] : to));
  expect(answering.length).toBeGreaterThan(10);
});
afterAll(() => system.stop());

const clientWith = (key: string): ReverseTracerouteClient => new ReverseTracerouteClient({ server: system.url, key });
const newUser = async (limits = {}) => {
  const most = { max_per_day: 5_000, max_parallel: 5_000, max_per_minute: 5_000 };
  const key = await addUser(system, `p${users++}@revtr.example`, { ...most, ...limits });
  return { key, client: clientWith(key) };
};
let users = 0;
const sent = async ({ probes }: ReverseTracerouteClient, asked: NewProbes): Promise<readonly Probe[]> =>
  (await probes.wait((await probes.send(asked)).id)).probes;
const echoOf = (result: Probe['result']) => result?.replies?.find(({ icmpType }) => icmpType === 0);
const refusalOf = async (work: Promise<unknown>): Promise<unknown> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClientError)) return error;
  return [
    error.answer?.status,
    error.serverCode,
    ...(error.answer?.problems ?? []).map(({ at, code }) => `${at} ${code}`),
  ];
};

describe('raw probes', () => {
  it('ping as often as asked, from sources and vantage points, and are traced to user and key', async () => {
    const { client } = await newUser();
    const [to] = answering;
    const asked = {
      type: 'ping',
      probes: [system.source, vantagePoint].map((from) => ({ from, to, count: 3, label: 'l' })),
    } as const;
    const probes = await sent(client, asked);
    for (const { label, state, result } of probes) {
      expect([label, state, result?.sent]).toEqual(['l', 'done', 3]);
      expect(result?.replies?.map(({ sequence, from, icmpType }) => [sequence, from, icmpType])).toEqual([
        [0, to, 0],
        [1, to, 0],
        [2, to, 0],
      ]);
      const [first, second] = result?.replies ?? [];
      expect(second.sentAt - first.sentAt).toBeGreaterThanOrEqual(1_000);
      expect(first.rttMs).toBeGreaterThan(0);
    }
    const { id: user } = await client.accounts.account();
    const { records } = await operator.fleet.audit({ user: String(user) });
    expect(records).toHaveLength(6);
    const [{ id: key }] = await client.accounts.keys();
    for (const record of records)
      expect(record).toMatchObject({ cause: 'rawProbe', kind: 'ping', key, target: to, user: { id: user } });
    expect(new Set(records.map(({ rawProbe }) => rawProbe))).toEqual(new Set(probes.map(({ id }) => id)));
    expect(new Set(records.map(({ agent }) => agent))).toEqual(new Set([system.source, vantagePoint]));
  });

  it('carry the address of a source of the user when they are spoofed, and show the reverse path to it', async () => {
    const { client } = await newUser();
    const spoofers = system.world.vantagePoints.slice(0, 8).map(formatIpv4);
    const [to] = answering;
    const probes = await sent(client, {
      type: 'recordRoute',
      probes: spoofers.map((from) => ({ from, to, as: system.source })),
    });
    const stamps = probes.map(({ result }) => echoOf(result)?.recordRoute ?? []);
    expect(stamps.some(({ length }) => length > 0)).toBe(true);
    // The first stamp is near the spoofer and not near the source: the request did not start at the source.
    const [own] = await sent(client, { type: 'recordRoute', probes: [{ from: system.source, to }] });
    expect(new Set(stamps.map(([first]) => first)).size).toBeGreaterThan(1);
    expect(stamps.map(([first]) => first)).not.toEqual(stamps.map(() => echoOf(own.result)?.recordRoute?.[0]));
    const { records } = await operator.fleet.audit({ source: system.source, target: to, limit: '8' });
    expect(records.filter(({ spoofed }) => spoofed?.source === system.source)).not.toEqual([]);
  });

  it('trace the route, and ask for timestamps', async () => {
    const { client } = await newUser();
    const [to] = answering;
    const [trace] = await sent(client, { type: 'traceroute', probes: [{ from: system.source, to }] });
    expect(trace.result).toMatchObject({ stop: 'completed' });
    expect(trace.result?.hops?.at(-1)?.from).toBe(to);
    expect(trace.result?.hops?.map(({ ttl }) => ttl)).toEqual(trace.result?.hops?.map((_, i) => i + 1));
    const asked = answering.map((target) => ({ from: system.source, to: target, timestamps: [target] }));
    const stamped = await sent(client, { type: 'timestamp', probes: asked });
    const entries = stamped.flatMap(
      ({ to: target, result }) => echoOf(result)?.timestamps?.map((entry) => [target, entry.address]) ?? [],
    );
    expect(entries.length).toBeGreaterThan(0);
    for (const [target, address] of entries) expect(address).toBe(target);
  });

  it('are refused with the place and the reason, all or none', async () => {
    const { client } = await newUser();
    const from = system.source;
    const good = { from, to: answering[0] };
    const refused = (probe: object, type: NewProbes['type'] = 'ping') =>
      refusalOf(client.probes.send({ type, probes: [good, { ...good, ...probe }] }));
    const invalid = (fault: string) => [400, 'invalidPairs', `probes[1].${fault}`];
    expect(await refused({ to: '10.0.0.1' })).toEqual(invalid('to destinationNotAllowed'));
    expect(await refused({ to: '8.8.8.8' })).toEqual(invalid('to destinationUnrouted'));
    expect(await refused({ to: 'nowhere.example' })).toEqual(invalid('to unresolvedHost'));
    expect(await refused({ from: answering[1] })).toEqual(invalid('from unknownSender'));
    expect(await refused({ from: vantagePoint, as: answering[1] })).toEqual(invalid('as unknownSource'));
    const other = formatIpv4(system.world.sources[1].address);
    expect(await refused({ from: other, as: from })).toEqual(invalid('from cannotSpoof'));
    expect(await refused({ from: vantagePoint, as: from }, 'traceroute')).toEqual(invalid('as cannotSpoof'));
    expect(await refused({ count: 5 })).toEqual([400, 'badRequest', 'probes[1].count too_big']);
    expect(await refused({ count: 2 }, 'recordRoute')).toEqual([400, 'badRequest', 'probes[1].count custom']);
    expect(await refused({ timestamps: [from] })).toEqual([400, 'badRequest', 'probes[1].timestamps custom']);
    const many = Array.from({ length: 1_001 }, () => good);
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: many }))).toEqual([413, 'batchTooLarge']);
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: [] }))).toEqual([400, 'emptyBatch']);
    const { id: user } = await client.accounts.account();
    expect((await operator.fleet.audit({ user: String(user) })).records).toEqual([]);
  });

  it('go only to networks that did not opt out, and obey kill switches', async () => {
    const { client } = await newUser();
    const [, to, other] = answering;
    await operator.fleet.addOptOut(`${to}/32`, 'a test');
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: [{ from: system.source, to }] }))).toEqual([
      400,
      'invalidPairs',
      'probes[0].to destinationOptedOut',
    ]);
    await operator.fleet.removeOptOut(`${to}/32`);
    const { id: user } = await client.accounts.account();
    const userSwitch = { scope: 'user', subject: String(user) } as const;
    await operator.fleet.stopProbes({ ...userSwitch, reason: 'a test' });
    const asked = { type: 'ping', probes: [{ from: system.source, to: other }] } as const;
    const [stopped] = await sent(client, asked);
    expect(stopped.result).toMatchObject({ sent: 0, failure: { code: 'killSwitch' } });
    await operator.fleet.resumeProbes('user', userSwitch.subject);
    expect((await sent(client, asked))[0].result?.failure).toBeUndefined();
  });

  it('may use as sources only those that the user may measure to', async () => {
    const { client } = await newUser();
    const private_ = formatIpv4(system.world.sources[1].address);
    await operator.accounts.setVisibility(private_, 'private', []);
    const asked = { from: vantagePoint, to: answering[0], as: private_ };
    expect(await refusalOf(client.probes.send({ type: 'recordRoute', probes: [asked] }))).toEqual([
      400,
      'invalidPairs',
      'probes[0].as unknownSource',
    ]);
    const own = { from: private_, to: answering[0] };
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: [own] }))).toEqual([
      400,
      'invalidPairs',
      'probes[0].from unknownSender',
    ]);
    await operator.accounts.setVisibility(private_, 'public', []);
  });

  it('count as measurements in the limits of the user', async () => {
    const { client } = await newUser({ max_per_day: 3 });
    const probe = { from: system.source, to: answering[0] };
    await sent(client, { type: 'ping', probes: [probe, probe] });
    const usage = Object.fromEntries((await client.accounts.usage()).map(({ limit, used }) => [limit, used]));
    expect(usage).toEqual({ perDay: 2, parallel: 0, perMinute: 2 });
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: [probe, probe] }))).toEqual([429, 'quotaPerDay']);
    await client.wait((await client.submit([{ src: system.source, dst: answering[0] }])).batchId);
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: [probe] }))).toEqual([429, 'quotaPerDay']);
    // The name is not even looked up.
    const named = { from: system.source, to: 'nowhere.invalid' };
    expect(await refusalOf(client.probes.send({ type: 'ping', probes: [named] }))).toEqual([429, 'quotaPerDay']);
  });

  it('belong to their user, and are exported and deleted with the account', async () => {
    const { client } = await newUser();
    const other = await newUser();
    const { id } = await client.probes.send({ type: 'ping', probes: [{ from: system.source, to: answering[0] }] });
    const progress: number[] = [];
    await client.probes.wait(id, { onProgress: (done) => progress.push(done) });
    expect(progress.at(-1)).toBe(1);
    const { id: second } = await client.probes.send({
      type: 'ping',
      probes: [{ from: system.source, to: answering[1] }],
    });
    await client.probes.wait(second);
    expect(await client.probes.list({ limit: 1 })).toMatchObject([{ id: second, total: 1, done: 1 }]);
    expect(await client.probes.list({ before: second })).toMatchObject([{ id }]);
    expect(await other.client.probes.list()).toEqual([]);
    expect(await refusalOf(other.client.probes.get(id))).toEqual([404, 'notFound']);
    expect(await refusalOf(other.client.probes.wait(id))).toEqual([404, 'notFound']);
    const { key } = await client.accounts.createKey({ name: 'reader', scopes: ['read'] });
    const reader = clientWith(key);
    expect((await reader.probes.get(id)).done).toBe(1);
    const again = { type: 'ping', probes: [{ from: system.source, to: answering[0] }] } as const;
    expect(await refusalOf(reader.probes.send(again))).toEqual([403, 'forbidden']);
    const { email } = await client.accounts.account();
    await client.accounts.delete(email);
    expect(await refusalOf(operator.probes.get(id))).toEqual([404, 'notFound']);
  });
});
