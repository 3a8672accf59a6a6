import { type AuditRecord, ClientError, type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revtr as runRevtr } from './revtr.ts';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

let system: TestSystem;
let client: ReverseTracerouteClient;
let measurements: readonly Measurement[];
let batchId: number;
beforeAll(async () => {
  // One after the other: measurements in progress at once share equal pings.
  system = await startTestSystem({ concurrency: 1 });
  client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  const pairs = system.destinations.slice(0, 12).map((dst) => ({ src: system.source, dst, isRunRttPings: true }));
  ({ batchId } = await client.submit(pairs));
  measurements = (await client.wait(batchId)).measurements;
});
afterAll(() => system.stop());

const auditOf = async (query: Parameters<ReverseTracerouteClient['fleet']['audit']>[0]) =>
  (await client.fleet.audit({ limit: '1000', ...query })).records;

const userClient = async (): Promise<ReverseTracerouteClient> =>
  new ReverseTracerouteClient({ server: system.url, key: await addUser(system, 'u@example.org') });

async function revtr(line: string): Promise<string> {
  const { code, out, err } = await runRevtr(system, line.split(' '));
  expect([code, err]).toEqual([0, '']);
  return out;
}

describe('the audit of a batch', () => {
  it('has as many probes of each kind as the engine counted', async () => {
    const records = await auditOf({ batch: String(batchId) });
    const counted = { pings: 0, recordRoutePings: 0, spoofedRecordRoutePings: 0 };
    for (const { result } of measurements) {
      const stats = result?.stats;
      // Ends of forward paths are measured with TTL-limited pings, each of which is a record.
      counted.pings += (stats?.plainPings ?? 0) + (stats?.tracerouteProbes ?? 0);
      counted.recordRoutePings += stats?.recordRoutePings ?? 0;
      counted.spoofedRecordRoutePings += stats?.spoofedRecordRoutePings ?? 0;
    }
    const count = (condition: (record: AuditRecord) => boolean): number => records.filter(condition).length;
    expect({
      pings: count(({ kind }) => kind === 'ping'),
      recordRoutePings: count(({ kind, spoofed }) => kind === 'recordRoute' && spoofed === undefined),
      spoofedRecordRoutePings: count(({ kind, spoofed }) => kind === 'recordRoute' && spoofed !== undefined),
    }).toEqual(counted);
    expect(records).toHaveLength(counted.pings + counted.recordRoutePings + counted.spoofedRecordRoutePings);
    expect(counted.spoofedRecordRoutePings).toBeGreaterThan(0);
  });

  it('names the API key that submitted the batch', async () => {
    const { id, key } = await client.accounts.createKey({ name: 'audited', scopes: ['read', 'measure'] });
    const holder = new ReverseTracerouteClient({ server: system.url, key });
    const batch = (await holder.submit([{ src: system.source, dst: system.destinations[20] }])).batchId;
    await holder.wait(batch);
    const records = await auditOf({ batch: String(batch) });
    expect(records.length).toBeGreaterThan(0);
    expect(new Set(records.map((record) => record.key))).toEqual(new Set([id]));
  });

  it('leads from each packet to user, batch, measurement and technique, and back', async () => {
    const ids = new Set(measurements.map(({ id }) => id));
    const records = await auditOf({ batch: String(batchId) });
    for (const record of records) {
      expect(record).toMatchObject({ cause: 'measurement', batch: batchId, user: { email: 'lab@revtr.example' } });
      expect(ids.has(record.measurement ?? 0)).toBe(true);
      expect(record.technique).not.toMatch(/^(none|other)$/);
      if (record.spoofed !== undefined) expect(record.spoofed.source).toBe(system.source);
      if (record.technique === 'roundTripTimes') expect(record.agent).toBe(system.source);
    }
    const spoofed = records.find((record) => record.spoofed !== undefined);
    if (spoofed === undefined) throw new Error('no probe was spoofed');
    const { target, agent, at, measurement, user } = spoofed;
    for (const query of [
      { target },
      { target: target.replace(/\d+$/, '0/24') },
      { target, at, window: '1' },
      { agent, source: system.source },
      { measurement: String(measurement) },
      { user: String(user?.id) },
      { from: at, to: at },
    ])
      expect(await auditOf(query)).toContainEqual(spoofed);
    expect(await auditOf({ target, to: '2020-01-01T00:00Z' })).toEqual([]);
    expect(await auditOf({ target, user: '999999' })).toEqual([]);
    const own = await auditOf({ measurement: String(measurement) });
    expect(own).toEqual(records.filter((record) => record.measurement === measurement));
  });

  it('lists the newest first, and goes on where an answer ends', async () => {
    const all = await auditOf({ batch: String(batchId) });
    const times = all.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
    const { records, since } = await client.fleet.audit({ batch: String(batchId), limit: '3' });
    expect(records).toEqual(all.slice(0, 3));
    expect(since).toBe(records[2].at);
  });

  it('is shown by the command line', async () => {
    const { target } = (await auditOf({ batch: String(batchId) }))[0];
    const text = await revtr(`admin audit ${target} --at ${new Date().toISOString()} --window 60`);
    expect(text).toContain(` to ${target}: measurement, `);
    expect(text).toContain('(lab@revtr.example)');
  });

  it('is for operators', async () => {
    const user = await userClient();
    for (const ask of [
      () => user.fleet.audit({}),
      () => user.fleet.auditEvents({}),
      () => user.fleet.reportAbuse('192.0.2.1', 'no'),
    ])
      await expect(ask()).rejects.toMatchObject({ answer: { serverCode: 'forbidden' } });
  });

  it('refuses queries that make no sense', async () => {
    for (const query of [
      { target: 'example.org' },
      { target: '1.2.3.4/33' },
      { at: 'yesterday' },
      { at: '2026-13-45T10:00Z' },
      { limit: '0' },
      { limit: '1001' },
      { agent: '1.2.3' },
    ])
      await expect(auditOf(query)).rejects.toBeInstanceOf(ClientError);
  });
});

describe('the audit of events', () => {
  const eventsOf = (kind: 'login' | 'unknownKey' | 'pairRefused' | 'operatorAction') =>
    client.fleet.auditEvents({ kind });

  it('counts logins and unknown keys by client address', async () => {
    const stranger = new ReverseTracerouteClient({ server: system.url, key: 'unknown-key' });
    for (let i = 0; i < 3; i++) await expect(stranger.sources()).rejects.toMatchObject({ code: 'unauthorized' });
    const [failure] = await eventsOf('unknownKey');
    expect(failure).toMatchObject({ client: '127.0.0.1', count: 3 });
    expect(JSON.stringify(failure)).not.toContain('unknown-key');
    expect(await eventsOf('login')).toContainEqual(
      expect.objectContaining({ client: '127.0.0.1', user: expect.objectContaining({ email: 'lab@revtr.example' }) }),
    );
  });

  it('has the pairs that were refused, with the user and the reason', async () => {
    await expect(client.submit([{ src: system.source, dst: '10.0.0.1' }])).rejects.toBeInstanceOf(ClientError);
    expect(await eventsOf('pairRefused')).toMatchObject([
      { subject: 'destinationNotAllowed', user: { email: 'lab@revtr.example' } },
    ]);
  });

  it('has what operators did, and how it ended', async () => {
    await client.fleet.addOptOut('198.51.100.0/24', 'a \u001b[31mreason');
    await expect(client.fleet.removeOptOut('203.0.113.0/24')).rejects.toMatchObject({ code: 'notFound' });
    // The outcome is stored after the answer is sent.
    await expect
      .poll(async () => (await eventsOf('operatorAction')).slice(0, 2))
      .toMatchObject([
        { subject: 'DELETE /api/v2/opt-outs', status: 404, detail: expect.stringContaining('203.0.113.0/24') },
        { subject: 'POST /api/v2/opt-outs', status: 200, detail: expect.stringContaining('reason') },
      ]);
    const shown = await revtr('admin audit --events --kind operatorAction');
    expect(shown).toContain('POST /api/v2/opt-outs');
    expect(shown).not.toContain('\u001b');
  });
});

describe('a kill switch of an API key', () => {
  it('stops the batches of that key, and those of no other', async () => {
    const measuredWith = async (key: string) => {
      const holder = new ReverseTracerouteClient({ server: system.url, key });
      const { batchId: batch } = await holder.submit([{ src: system.source, dst: system.destinations[21] }]);
      return (await holder.wait(batch)).measurements[0].result;
    };
    const stopped = await client.accounts.createKey({ name: 'stopped', scopes: ['read', 'measure'] });
    const other = await client.accounts.createKey({ name: 'other', scopes: ['read', 'measure'] });
    const subject = String(stopped.id);
    await client.fleet.stopProbes({ scope: 'key', subject, reason: 'a test' });
    expect((await measuredWith(stopped.key))?.failReason?.code).toBe('killSwitch');
    expect((await measuredWith(other.key))?.failReason?.code).not.toBe('killSwitch');
    await client.fleet.resumeProbes('key', subject);
    expect((await measuredWith(stopped.key))?.failReason?.code).not.toBe('killSwitch');
  });
});

describe('an abuse report', () => {
  it('stops probing the network and says what was sent there, in one step', async () => {
    const [{ destination }] = measurements;
    const before = await auditOf({ target: destination });
    const report = await client.fleet.reportAbuse(destination, 'abuse@example.net, today');
    expect(report).toMatchObject({ prefix: `${destination}/32`, probes: before.length });
    expect(before.length).toBeGreaterThan(0);
    expect(report.records).toEqual(before.slice(0, 100));
    expect(report.byUser).toMatchObject([{ user: { email: 'lab@revtr.example' }, probes: before.length }]);
    expect(report.byAgent.reduce((sum, { probes }) => sum + probes, 0)).toBe(before.length);
    expect(await client.fleet.optOuts()).toContainEqual({
      kind: 'ipv4',
      network: `${destination}/32`,
      reason: 'abuse@example.net, today',
    });
    await expect(client.submit([{ src: system.source, dst: destination }])).rejects.toMatchObject({
      answer: { problems: [{ code: 'destinationOptedOut' }] },
    });
    const shown = await revtr(`admin abuse ${destination} --reason again`);
    expect(shown).toContain(`${destination}/32 is not probed any more\nsince `);
  });
});
