import { ReverseTracerouteClient } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

/** One audit after the other, as fast as they can follow each other. */
const ALWAYS = { perDay: 8_640_000, pairPauseMs: 0 };

let system: TestSystem;
let operator: ReverseTracerouteClient;
const visitor = (): ReverseTracerouteClient => new ReverseTracerouteClient({ server: system.url, key: '' });
beforeAll(async () => {
  system = await startTestSystem({ selfAudit: ALWAYS });
  operator = new ReverseTracerouteClient({ server: system.url, key: system.key });
  await vi.waitFor(async () => expect((await visitor().fleet.accuracy()).audits.judged).toBeGreaterThan(3), {
    timeout: 100_000,
    interval: 200,
  });
});
afterAll(() => system.stop());

describe('the accuracy of a running system', () => {
  it('is public, and its figures fit together', async () => {
    const { audits, reached, asPathExact, hops, kinds, ranges, networks, suspensions } =
      await visitor().fleet.accuracy();
    expect(reached.total).toBe(audits.judged);
    expect(asPathExact.total).toBe(reached.count);
    for (const parts of [kinds, ranges, networks.map((network) => network.hops)]) {
      expect(parts.reduce((sum, { total }) => sum + total, 0)).toBe(hops.total);
      expect(parts.reduce((sum, { count }) => sum + count, 0)).toBe(hops.count);
    }
    expect(networks.reduce((sum, network) => sum + network.audits, 0)).toBe(audits.judged);
    expect(hops.share).toBeGreaterThan(0.9);
    expect(hops.low).toBeLessThan(hops.share);
    expect(suspensions).toEqual([]);
  });

  it('can be asked for a technique, a network and days', async () => {
    const { fleet } = visitor();
    const all = await fleet.accuracy();
    const atlas = await fleet.accuracy({ technique: 'atlas' });
    expect(new Set(atlas.kinds.map(({ technique }) => technique))).toEqual(new Set(['atlas']));
    expect(atlas.hops.total).toBeLessThan(all.hops.total + 1_000);
    const asn = all.networks[0]?.asn ?? 0;
    const one = await fleet.accuracy({ network: String(asn) });
    expect(one.networks.map((network) => network.asn)).toEqual([asn]);
    const before = await fleet.accuracy({ from: '2020-01-01T00:00Z', to: '2020-01-02T00:00Z' });
    expect(before).toMatchObject({ audits: { judged: 0 }, hops: { total: 0 }, kinds: [] });
    await expect(fleet.accuracy({ technique: "'; drop table" })).rejects.toMatchObject({ serverCode: 'badRequest' });
  });

  it('has no audit in the future', async () => {
    const { to } = await visitor().fleet.accuracy({ to: '9999-12-31T00:00Z' });
    expect(to).toBe((await visitor().fleet.accuracy()).to);
  });

  it('does not tell the networks of sources that are not public', async () => {
    const { source } = system;
    const asn = system.world.ipToAs.originOf(parseIpv4(source));
    const isHost = ({ host }: { readonly host: string }): boolean => host === source;
    const countedAudits = async (): Promise<number> => {
      const { networks } = await visitor().fleet.accuracy({ network: String(asn) });
      return networks.reduce((sum, { audits }) => sum + audits, 0);
    };
    await operator.accounts.setVisibility(source, 'private');
    try {
      // The audit under way may still count for the network.
      const [latest] = await operator.fleet.selfAudits(1);
      const since = (latest?.id ?? 0) + 1;
      const later = async () => (await operator.fleet.selfAudits(200)).filter(({ id }) => id > since);
      await vi.waitFor(async () => expect((await later()).length).toBeGreaterThan(0), { timeout: 30_000 });
      const before = await countedAudits();
      const known = new Set((await operator.fleet.selfAudits(200)).map(({ id }) => id));
      await vi.waitFor(
        async () => {
          const added = (await operator.fleet.selfAudits(200)).filter(({ id }) => !known.has(id));
          expect(added.filter(isHost).length).toBeGreaterThan(0);
        },
        { timeout: 60_000 },
      );
      expect(await countedAudits()).toBe(before);
    } finally {
      await operator.accounts.setVisibility(source, 'public');
    }
  });

  it('shows operators each audit and its probes, and nobody else', async () => {
    const [audit] = await operator.fleet.selfAudits(1);
    expect(audit?.outcome).toBe('judged');
    expect(audit?.hops.length).toBeGreaterThan(0);
    const { records } = await operator.fleet.audit({ agent: audit?.host ?? '', limit: '1000' });
    const own = records.filter(({ cause }) => cause === 'selfAudit');
    expect(own.length).toBeGreaterThan(5);
    expect(own.every(({ selfAudit, user }) => selfAudit !== undefined && user === undefined)).toBe(true);
    const key = await addUser(system, 'user@revtr.example');
    const { fleet } = new ReverseTracerouteClient({ server: system.url, key });
    await expect(fleet.selfAudits()).rejects.toMatchObject({ serverCode: 'forbidden' });
    await expect(fleet.liftSuspension('atlas.exact')).rejects.toMatchObject({ serverCode: 'forbidden' });
  });

  it('answers 404 for a kind that is not suspended, and notes the attempt', async () => {
    await expect(operator.fleet.liftSuspension('atlas.exact')).rejects.toMatchObject({ serverCode: 'notFound' });
    const actions = await operator.fleet.auditEvents({ kind: 'operatorAction' });
    expect(actions[0]).toMatchObject({ subject: 'DELETE /api/v2/suspensions/atlas.exact', status: 404 });
  });

  it('stops when an operator stops all probing', async () => {
    await operator.fleet.stopProbes({ scope: 'probing', subject: '', reason: 'test' });
    const outcomes = async (): Promise<number> => (await operator.fleet.selfAudits(1))[0]?.id ?? 0;
    // The audit under way ends.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const stopped = await outcomes();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await outcomes()).toBe(stopped);
    await operator.fleet.resumeProbes('probing');
    await vi.waitFor(async () => expect(await outcomes()).toBeGreaterThan(stopped), { timeout: 60_000 });
    const text = await (await fetch(`${system.url}/metrics`)).text();
    expect(text).toMatch(/revtr_self_audits_total\{outcome="judged"\} \d+/);
  });
});
