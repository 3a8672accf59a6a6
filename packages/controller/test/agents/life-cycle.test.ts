import { setTimeout as sleep } from 'node:timers/promises';
import { formatIpv4 } from '@revtr/net';
import { cancelled, type PingRequest } from '@revtr/probing';
import { AgentTests } from '@revtr/storage';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HELPERS, SOURCE, useAgentLife } from './agent-life.ts';

describe('the life of a source', () => {
  const at = useAgentLife();

  it('leads from connecting over tests and the atlas to ready, with two mails', async () => {
    await at().life.joined(SOURCE);
    await at().until('ready');
    await at().life.stop();
    expect(await at().subjects()).toEqual([
      expect.stringContaining('can receive'),
      expect.stringContaining('is ready'),
    ]);
  });

  it.each([
    ['receives no packets with Record Route', 'recordRoute', 'receiveRecordRoute'],
    ['receives no replies to spoofed probes', 'spoofed', 'receiveSpoofed'],
    ['reaches nothing', 'everything', 'ping'],
  ] as const)('leads into quarantine when it %s', async (_, what, test) => {
    at().network.broken[what] = true;
    await at().life.joined(SOURCE);
    await at().until('quarantined');
    expect(at().directory.find(SOURCE)?.quarantine_reason).toContain(test);
    await at().life.stop();
    expect(await at().subjects()).toEqual([expect.stringContaining('cannot receive')]);
    expect((await at().mails.list(1))[0].body).toContain('no reply arrived');
  });

  it('goes on while measurements use up what a router near the source lets through', async () => {
    at().network.broken.recordRoute = true;
    at().network.broken.spoofed = true;
    const [sender, target] = HELPERS;
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute: [target] };
    const answered = (request: PingRequest): void =>
      at().proofs.after(request, { type: 'ping', request, sentAt: 0, reply }, undefined);
    at().network.onPing = async () => {
      const probe = { type: 'ping', target, timeoutMs: 1, option: { type: 'recordRoute', slots: 9 } } as const;
      answered({ ...probe, sender: SOURCE });
      answered({ ...probe, sender, spoof: { claimedSource: SOURCE, receiver: SOURCE } });
    };
    await at().life.joined(SOURCE);
    await at().until('ready');
  });

  it('leads out of quarantine when it works again, after ever longer pauses', async () => {
    at().network.broken.everything = true;
    const pauses: number[] = [];
    for (let failures = 0; failures < 5; failures++) {
      await at().life.test(SOURCE, 'released');
      await at().until('quarantined');
      pauses.push(Math.round(((at().directory.find(SOURCE)?.quarantined_until?.getTime() ?? 0) - Date.now()) / DAY_MS));
    }
    expect(pauses).toEqual([1, 2, 4, 7, 7]);
    // Connecting alone does not release it.
    await at().life.joined(SOURCE);
    expect(at().directory.find(SOURCE)?.state).toBe('quarantined');
    at().network.broken.everything = false;
    await at().directory.change(SOURCE, { quarantined_until: new Date(0) });
    at().life.start();
    await at().until('ready');
    expect(at().directory.find(SOURCE)).toMatchObject({ quarantine_level: 0, quarantined_until: null });
  });

  it.each([
    ['passes', false],
    ['fails', true],
  ])('ends when the source is withdrawn during a test that it %s', async (_, isBroken) => {
    at().network.broken.everything = isBroken;
    at().network.onPing = async () => {
      at().network.onPing = async () => undefined;
      await at().directory.enter(SOURCE, 'withdrawn');
    };
    await at().life.joined(SOURCE);
    const tests = new AgentTests(at().database.db);
    for (let tries = 0; tries < 500 && (await tests.of(formatIpv4(SOURCE), 1)).length === 0; tries++) await sleep(5);
    // The test goes on after it is stored: it must end without another state.
    at().life.start();
    await sleep(50);
    await at().life.stop();
    expect(at().directory.find(SOURCE)).toMatchObject({ state: 'withdrawn', quarantined_until: null });
    expect(await at().subjects()).toEqual([]);
    expect(at().atlas.size(SOURCE)).toBe(0);
    at().life = at().newLife();
    await at().life.joined(SOURCE);
    await at().life.test(SOURCE, 'asked');
    await at().life.stop();
    expect(await tests.of(formatIpv4(SOURCE), 9)).toHaveLength(1);
  });

  it('stores nothing of a test that ends because another process tests agents, and goes on when this one does again', async () => {
    const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    at().network.onPing = () => {
      begun.resolve();
      return answer.promise;
    };
    await at().life.joined(SOURCE);
    await begun.promise;
    const paused = at().life.pause();
    answer.resolve();
    await paused;
    await at().life.test(SOURCE, 'asked');
    expect(await new AgentTests(at().database.db).of(formatIpv4(SOURCE), 1)).toEqual([]);
    expect(at().directory.find(SOURCE)).toMatchObject({ state: 'testing', last_tested_at: null });
    at().life.resume();
    at().life.start();
    await at().until('ready');
  });

  it('goes on after the collection of the atlas could not begin', async () => {
    const collect = at().atlas.collect.bind(at().atlas);
    at().atlas.collect = () => {
      at().atlas.collect = collect;
      return Promise.reject(new Error('the database is away'));
    };
    await at().life.joined(SOURCE);
    await at().until('preparing');
    at().life.start();
    await at().until('ready');
    expect(at().atlas.size(SOURCE)).toBeGreaterThan(0);
  });

  it('ends when the source is withdrawn while its atlas is measured', async () => {
    const collect = at().network.traceroute.bind(at().network);
    at().network.traceroute = async (request) => {
      if (request.target === SOURCE) await at().directory.enter(SOURCE, 'withdrawn');
      return collect(request);
    };
    await at().life.joined(SOURCE);
    for (let tries = 0; tries < 500 && at().directory.find(SOURCE)?.state !== 'withdrawn'; tries++) await sleep(5);
    await at().atlas.idle(SOURCE);
    await sleep(20);
    await at().life.stop();
    expect(at().directory.find(SOURCE)?.state).toBe('withdrawn');
    expect(await at().subjects()).toEqual([expect.stringContaining('can receive')]);
  });

  it('ends a quarantine by an operator for operators only', async () => {
    await at().life.joined(SOURCE);
    await at().until('ready');
    await at().life.quarantine(SOURCE, 'sends too much');
    expect(at().directory.find(SOURCE)).toMatchObject({ quarantined_by: 'operator', quarantined_until: null });
    await expect(at().life.test(SOURCE, 'asked')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('sends too much'),
    });
    // Neither time nor a new connection ends it.
    at().life.start();
    await at().life.joined(SOURCE);
    await sleep(50);
    expect(at().directory.find(SOURCE)?.state).toBe('quarantined');
    await at().life.test(SOURCE, 'asked', { byOperator: true });
    await at().until('ready');
    expect(at().directory.find(SOURCE)).toMatchObject({ quarantined_by: null, quarantine_reason: null });
  });

  it('keeps a quarantine by an operator that begins while the agent is tested and fails', async () => {
    at().network.broken.everything = true;
    at().network.onPing = async () => {
      at().network.onPing = async () => undefined;
      await at().life.quarantine(SOURCE, 'sends too much');
    };
    await at().life.joined(SOURCE);
    const tests = new AgentTests(at().database.db);
    for (let tries = 0; tries < 500 && (await tests.of(formatIpv4(SOURCE), 1)).length === 0; tries++) await sleep(5);
    await sleep(20);
    expect(at().directory.find(SOURCE)).toMatchObject({
      quarantined_by: 'operator',
      quarantine_reason: 'sends too much',
    });
  });

  it('lets the owner end a quarantine that failed tests imposed', async () => {
    at().network.broken.everything = true;
    await at().life.joined(SOURCE);
    await at().until('quarantined');
    expect(at().directory.find(SOURCE)?.quarantined_by).toBe('system');
    at().network.broken.everything = false;
    await at().life.test(SOURCE, 'asked');
    await at().until('ready');
  });

  it('goes through a test from time to time', async () => {
    await at().life.joined(SOURCE);
    await at().until('ready');
    at().network.broken.spoofed = true;
    await at().directory.change(SOURCE, { last_tested_at: new Date(Date.now() - 2 * DAY_MS) });
    at().life.start();
    await at().until('quarantined');
  });

  it('lets vantage points that come later add to the atlas of every source', async () => {
    const [late, early] = HELPERS;
    at().origins = [early];
    await at().life.joined(SOURCE);
    await at().until('ready');
    await at().life.stop();
    expect(at().atlas.size(SOURCE)).toBe(1);
    at().life = at().newLife();
    await at().add(late, 'vantagePoint', 'expected');
    at().origins = HELPERS;
    await at().life.joined(late);
    for (let tries = 0; tries < 500 && at().atlas.size(SOURCE) < 2; tries++) await sleep(5);
    expect(at().atlas.size(SOURCE)).toBe(2);
  });

  it('waits while the probes of its tests cannot be recorded', async () => {
    at().network.onPing = async () => {
      at().audit.set(false);
      throw cancelled();
    };
    await at().life.joined(SOURCE);
    while (at().audit.canRecord) await sleep(1);
    await sleep(50);
    expect(at().directory.find(SOURCE)).toMatchObject({ state: 'testing', last_tested_at: null });
    at().network.onPing = async () => undefined;
    at().audit.set(true);
    await at().until('ready');
    expect((await at().lastReport()).verdict).toBe('passed');
  });
});
