import { MOST_BLOCKED } from '@revtr/link';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { PingRequest, Prober } from '@revtr/probing';
import { KillSwitchRecords, Users } from '@revtr/storage';
import { beforeEach, describe, expect, it } from 'vitest';
import { GuardedProber, type GuardedRequest } from '../src/safety/guarded-prober.ts';
import { canonicalSubject, KillSwitches } from '../src/safety/kill-switches.ts';
import { type ProbeCause, probingFor } from '../src/safety/probe-context.ts';
import { pooledRandomBytes } from '../src/safety/random-pool.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const SOURCE = parseIpv4('192.0.2.1');
const VANTAGE_POINT = parseIpv4('198.51.100.1');
const TARGET = parseIpv4('203.0.113.77');
const plain: PingRequest = { type: 'ping', sender: SOURCE, target: TARGET, timeoutMs: 1_000 };
const spoofed: PingRequest = {
  ...plain,
  sender: VANTAGE_POINT,
  spoof: { claimedSource: SOURCE, receiver: SOURCE },
};
const cause: ProbeCause = { type: 'measurement', measurementId: 5, batchId: 7, userId: 3, keyId: 9 };

describe('kill switches', () => {
  const database = useDatabase();
  const clock = new ManualClock();
  let operator: number;
  let switches: KillSwitches;
  const open = (): Promise<KillSwitches> => KillSwitches.open({ records: new KillSwitchRecords(database().db), clock });
  const stops = (request: PingRequest, by: ProbeCause | undefined = cause): boolean => {
    try {
      switches.before(request, by);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'killSwitch' });
      return true;
    }
  };
  beforeEach(async () => {
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    operator = (
      await new Users(database().db).ensure({ name: 'O', email: 'o@revtr.example', role: 'operator', ...limits })
    ).id;
    switches = await open();
  });

  it.each([
    ['probing', '', [true, true]],
    ['spoofing', '', [false, true]],
    ['user', '3', [true, true]],
    ['key', '9', [true, true]],
    ['batch', '7', [true, true]],
    ['target', '203.0.113.0/24', [true, true]],
    ['vantagePoint', formatIpv4(VANTAGE_POINT), [false, true]],
    ['source', formatIpv4(SOURCE), [true, true]],
    ['user', '4', [false, false]],
    ['key', '8', [false, false]],
    ['batch', '8', [false, false]],
    ['target', '203.0.112.0/24', [false, false]],
    ['source', '192.0.2.2', [false, false]],
  ] as const)('of scope %s and subject %s stop the right probes', async (scope, subject, expected) => {
    expect([stops(plain), stops(spoofed)]).toEqual([false, false]);
    await switches.set(scope, subject, 'test', operator);
    expect([stops(plain), stops(spoofed)]).toEqual(expected);
    await switches.lift(scope, subject);
    expect([stops(plain), stops(spoofed)]).toEqual([false, false]);
  });

  it('of a user or key stop the atlas runs that they requested', async () => {
    const run = { type: 'atlasRun', runId: 1, userId: 3, keyId: 9 } as const;
    for (const [scope, subject] of [
      ['user', '3'],
      ['key', '9'],
    ] as const) {
      expect(stops(plain, run)).toBe(false);
      await switches.set(scope, subject, 'test', operator);
      expect(stops(plain, run)).toBe(true);
      await switches.lift(scope, subject);
    }
  });

  describe('end a probe under way', () => {
    const raw = { type: 'rawProbe', probeId: 1, userId: 3, keyId: 9 } as const;
    const run = { type: 'atlasRun', runId: 1, userId: 3, keyId: 9 } as const;
    const trace: GuardedRequest = { type: 'traceroute', sender: VANTAGE_POINT, target: SOURCE, timeoutMs: 1_000 };
    /** Sends a probe that waits for a minute before it leaves. */
    const send = (request: GuardedRequest, by: ProbeCause, { holdMs = 0 } = {}) => {
      const left: GuardedRequest[] = [];
      const ending: string[] = [];
      const wait = async (asked: GuardedRequest, signal: AbortSignal | undefined): Promise<void> => {
        await clock.sleep(60_000, signal);
        left.push(asked);
      };
      const prober: Prober = {
        ping: async (asked, signal) => {
          await wait(asked, signal);
          return { type: 'ping', request: asked, sentAt: 0 };
        },
        traceroute: async (asked, signal) => {
          await wait(asked, signal);
          const ends = { startedAt: 0, endedAt: 0, stop: 'completed' } as const;
          return { type: 'traceroute', request: asked, ...ends, hops: [], probesSent: 1 };
        },
      };
      const watcher = {
        reserve: () => holdMs,
        after: () => ending.push('answered'),
        unsent: () => ending.push('unsent'),
        abandoned: () => ending.push('abandoned'),
      };
      const guards = [switches, watcher];
      const guarded = new GuardedProber({ prober, guards, clock, randomBytes: pooledRandomBytes });
      const cancel = new AbortController();
      const outcome = probingFor(by, async () =>
        request.type === 'ping' ? guarded.ping(request, cancel.signal) : guarded.traceroute(request, cancel.signal),
      ).then(
        () => 'sent',
        (error: Error) => ('code' in error ? error.code : error),
      );
      return { left, ending, cancel, outcome };
    };

    it.each([
      { what: 'a raw ping', request: plain, by: raw },
      { what: 'a raw traceroute', request: trace, by: raw },
      { what: 'a spoofed raw probe', request: spoofed, by: raw },
      { what: 'a traceroute of an atlas run', request: trace, by: run },
    ])('of their user or key: $what', async ({ request, by }) => {
      for (const [scope, subject] of [
        ['user', '3'],
        ['key', '9'],
      ] as const) {
        const { left, ending, outcome } = send(request, by);
        await switches.set(scope, '77', 'another one', operator);
        await clock.advance(30_000);
        expect([ending, left]).toEqual([[], []]);
        await switches.set(scope, subject, 'test', operator);
        await clock.advance(60_000);
        expect(await outcome).toBe('killSwitch');
        expect([ending, left]).toEqual([['abandoned'], []]);
        await switches.lift(scope, subject);
      }
    });

    it('that waits for the budgets, as if it had never begun', async () => {
      const { left, ending, outcome } = send(plain, raw, { holdMs: 60_000 });
      await switches.set('user', '3', 'test', operator);
      await clock.advance(120_000);
      expect(await outcome).toBe('killSwitch');
      expect([ending, left]).toEqual([['unsent'], []]);
    });

    it('unless its caller has cancelled it, or nobody forbids it', async () => {
      const [cancelled, allowed] = [send(plain, raw), send(plain, { ...raw, userId: 4 })];
      await clock.advance(1);
      cancelled.cancel.abort();
      await switches.set('user', '3', 'test', operator);
      await clock.advance(60_000);
      expect([await cancelled.outcome, await allowed.outcome]).toEqual(['cancelled', 'sent']);
      expect([cancelled.ending, allowed.ending]).toEqual([['abandoned'], ['answered']]);
    });
  });

  it('that another process has stored stop a probe once they are read again', async () => {
    const other = await open();
    await other.set('spoofing', '', 'test', operator);
    expect([switches.stops(spoofed, cause), stops(spoofed)]).toEqual([false, false]);
    await switches.refresh();
    expect([switches.stops(spoofed, cause), switches.stops(plain, cause)]).toEqual([true, false]);
    expect(stops(spoofed)).toBe(true);
  });

  it('are refused when agents cannot be told of more', async () => {
    const records = new KillSwitchRecords(database().db);
    const row = { scope: 'target', reason: 'test', set_by: operator, set_at: new Date() } as const;
    const subjects = Array.from({ length: MOST_BLOCKED }, (_, i) => `${formatIpv4(0x0b000000 + i)}/32`);
    records.list = async () => subjects.map((subject) => ({ ...row, subject }));
    switches = await KillSwitches.open({ records, clock });
    await expect(switches.set('target', '203.0.113.0/24', 'test', operator)).rejects.toMatchObject({
      code: 'conflict',
    });
    await switches.set('target', subjects[5], 'again', operator);
    await switches.set('user', '3', 'test', operator);
  });

  it('set at the same time are all in effect, though the database answers in another order', async () => {
    const records = new KillSwitchRecords(database().db);
    const first = Promise.withResolvers<void>();
    const read = Promise.withResolvers<void>();
    let reads = 0;
    const list = records.list.bind(records);
    records.list = async () => {
      const isFirst = ++reads === 2;
      const rows = await list();
      if (isFirst) read.resolve();
      if (isFirst) await first.promise;
      return rows;
    };
    switches = await KillSwitches.open({ records, clock });
    const slow = switches.set('user', '4', 'test', operator);
    await read.promise;
    await switches.set('user', '3', 'test', operator);
    expect(stops(plain)).toBe(true);
    first.resolve();
    await slow;
    expect([stops(plain), switches.isSet('user', '4')]).toEqual([true, true]);
  });

  it('survive a restart, and tell about every change', async () => {
    let changes = 0;
    switches.subscribe(() => changes++);
    await switches.set('spoofing', '', 'test', operator);
    switches = await open();
    expect(stops(spoofed)).toBe(true);
    expect(await switches.lift('spoofing', '')).toBe(true);
    expect(await switches.lift('spoofing', '')).toBe(false);
    expect(changes).toBe(1);
  });

  it('are kept in one form for each subject', () => {
    expect(canonicalSubject('target', '203.0.113.9')).toBe('203.0.113.9/32');
    expect(canonicalSubject('probing', 'ignored')).toBe('');
    for (const [scope, subject] of [
      ['user', 'x'],
      ['batch', '-1'],
      ['source', '300.0.0.1'],
      ['target', '203.0.113.9/33'],
    ] as const)
      expect(() => canonicalSubject(scope, subject)).toThrow();
  });
});
