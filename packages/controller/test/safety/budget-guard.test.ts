import { type BudgetKind, isHeldBack, type Prober, type ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { closestToLimits } from '../../src/safety/budgets/usage.ts';
import { probingFor } from '../../src/safety/probe-context.ts';
import { DEFAULT_SAFETY, safetySettingsSchema } from '../../src/safety/settings.ts';
import { ManualClock, settle } from '../manual-clock.ts';
import { guarded, guardWith, ip, ping, recordRoute, traceroute } from './support.ts';

const NOON = Date.UTC(2026, 5, 14, 12);
const MIDNIGHT = Date.UTC(2026, 5, 15);

const refusalOf = (work: Promise<unknown>): Promise<ProbingError | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => {
      if (!isHeldBack(error)) throw error;
      return error;
    },
  );

describe('the rate of a vantage point', () => {
  /** Sends as much as it can as a user, a probe every `everyMs`, and counts what leaves. */
  const flood = (userId: number, everyMs: number, prober: Prober, clock: ManualClock) => {
    const flood = { left: 0, waited: 0, isOver: false };
    const cause = { type: 'measurement', measurementId: userId, batchId: userId, userId, keyId: undefined } as const;
    const send = async (i: number): Promise<void> => {
      const askedAt = clock.now();
      const refusal = await refusalOf(probingFor(cause, () => prober.ping(recordRoute(`30.0.${i % 250}.${userId}`))));
      if (refusal !== undefined) return;
      flood.left++;
      flood.waited = clock.now() - askedAt;
    };
    const run = async (): Promise<void> => {
      for (let i = 0; !flood.isOver; i++) {
        void send(i);
        await clock.sleep(everyMs);
      }
    };
    void run();
    return flood;
  };
  const start = () => {
    const clock = new ManualClock(NOON);
    const limits = { vantagePoint: { packetsPerSecond: 100, optionPacketsPerSecond: 20 } };
    const { prober } = guarded(clock, guardWith(limits, clock));
    return { clock, prober };
  };

  it('is divided between the users who want more than it, whoever asks more often, and leaves the rest to the others', async () => {
    const { clock, prober } = start();
    const greedy = flood(1, 10, prober, clock);
    await clock.advance(60_000);
    expect(greedy.left).toBeGreaterThan(19 * 60);
    const [second, modest] = [flood(2, 25, prober, clock), flood(3, 500, prober, clock)];
    await clock.advance(60_000);
    const before = [greedy.left, second.left, modest.left];
    await clock.advance(120_000);
    const [first, other, little] = [greedy, second, modest].map(({ left }, i) => (left - before[i]) / 120);
    expect(first + other + little).toBeCloseTo(20, 0);
    expect(little).toBeCloseTo(2, 0);
    expect(Math.abs(first - other)).toBeLessThan(1.5);
    for (const each of [greedy, second, modest]) each.isOver = true;
  });

  it('accepts the first probes of a user however many of another one wait', async () => {
    const { clock, prober } = start();
    const greedy = flood(1, 10, prober, clock);
    await clock.advance(60_000);
    const late = flood(2, 1_000, prober, clock);
    await clock.advance(40_000);
    // Nothing of it was refused: it has waited for what was there before.
    expect(late.left).toBeGreaterThan(10);
    expect(late.waited).toBeLessThan(30_000);
    greedy.isOver = late.isOver = true;
  });
});

describe('budgets per day', () => {
  it.each<[BudgetKind, string, string]>([
    ['destination', '20.0.0.1', '20.0.0.1'],
    ['slash24', '20.0.0.2', '20.0.0.0/24'],
    ['prefix', '20.0.9.2', '20.0.0.0/16'],
    ['as', '21.0.0.1', 'AS64500'],
    ['vantagePoint', '30.0.0.1', '10.0.0.1'],
    ['source', '30.0.0.1', '10.0.0.1'],
  ])('of a %s count the probes to all its addresses', async (kind, other, subject) => {
    const clock = new ManualClock(NOON);
    const { prober, sent } = guarded(clock, guardWith({ [kind]: { packetsPerDay: 2, optionPacketsPerDay: 1 } }, clock));
    await prober.ping(ping('20.0.0.1'));
    await prober.ping(ping(other));
    const error = await refusalOf(prober.ping(ping(other)));
    expect(error?.details).toEqual({ kind, subject, packets: 'all', per: 'day', limit: 2, retryAt: MIDNIGHT });
    expect(sent).toHaveLength(2);
  });

  it('of a user count the probes of all their batches, and not those of others', async () => {
    const clock = new ManualClock(NOON);
    const { prober } = guarded(clock, guardWith({ user: { packetsPerDay: 2, optionPacketsPerDay: 1 } }, clock));
    const as = (userId: number, batchId: number) =>
      refusalOf(
        probingFor({ type: 'measurement', measurementId: batchId, batchId, userId, keyId: undefined }, () =>
          prober.ping(ping('20.0.0.1')),
        ),
      );
    expect([await as(7, 1), await as(7, 2), await as(8, 3)]).toEqual([undefined, undefined, undefined]);
    expect((await as(7, 4))?.details).toMatchObject({ kind: 'user', subject: '7' });
    expect(await as(8, 5)).toBeUndefined();
  });

  it('limit packets with IP options more strictly than others', async () => {
    const clock = new ManualClock(NOON);
    const limits = { destination: { packetsPerDay: 4, optionPacketsPerDay: 1 } };
    const { prober } = guarded(clock, guardWith(limits, clock));
    await prober.ping(recordRoute('20.0.0.1'));
    const error = await refusalOf(prober.ping(recordRoute('20.0.0.1')));
    expect(error?.details).toMatchObject({ packets: 'withOptions', limit: 1 });
    await prober.ping(ping('20.0.0.1'));
  });

  it('count spoofed probes for the source whose address they carry', async () => {
    const clock = new ManualClock(NOON);
    const { prober } = guarded(clock, guardWith({ source: { packetsPerDay: 1, optionPacketsPerDay: 1 } }, clock));
    const spoof = { claimedSource: ip('10.0.0.9'), receiver: ip('10.0.0.9') };
    await prober.ping(recordRoute('20.0.0.1', { sender: ip('10.0.0.2'), spoof }));
    const error = await refusalOf(prober.ping(recordRoute('30.0.0.1', { sender: ip('10.0.0.3'), spoof })));
    expect(error?.details).toMatchObject({ kind: 'source', subject: '10.0.0.9' });
  });

  it('begin anew at midnight UTC', async () => {
    const clock = new ManualClock(MIDNIGHT - 1_000);
    const limits = { destination: { packetsPerDay: 1, optionPacketsPerDay: 1 } };
    const { prober } = guarded(clock, guardWith(limits, clock));
    await prober.ping(ping('20.0.0.1'));
    expect(await refusalOf(prober.ping(ping('20.0.0.1')))).toBeDefined();
    await clock.advance(1_000);
    await prober.ping(ping('20.0.0.1'));
  });

  it('do not count probes that were refused', async () => {
    const clock = new ManualClock(NOON);
    const limits = {
      destination: { packetsPerDay: 1, optionPacketsPerDay: 1 },
      as: { packetsPerDay: 2, optionPacketsPerDay: 2 },
    };
    const { prober } = guarded(clock, guardWith(limits, clock));
    await prober.ping(ping('20.0.0.1'));
    for (let i = 0; i < 5; i++) await refusalOf(prober.ping(ping('20.0.0.1')));
    await prober.ping(ping('20.0.0.2'));
  });

  it('count the most packets of a traceroute until it ends, then those that it has sent', async () => {
    const clock = new ManualClock(NOON);
    const guard = guardWith({ destination: { packetsPerDay: 70, optionPacketsPerDay: 1 } }, clock);
    const { prober } = guarded(clock, guard);
    const packets = () => guard.tables.destination.packets(guard.tables.destination.find(ip('20.0.0.1')));
    const first = prober.traceroute(traceroute('20.0.0.1'));
    expect(packets()).toBe(60);
    expect((await refusalOf(prober.traceroute(traceroute('20.0.0.1'))))?.details).toMatchObject({ limit: 70 });
    await first;
    expect(packets()).toBe(12);
    await prober.traceroute(traceroute('20.0.0.1', { maxHops: 20 }));
    expect(packets()).toBe(24);
  });

  it("do not protect the system's own hosts as receivers, whose hosts agreed to it", async () => {
    const clock = new ManualClock(NOON);
    const limits = {
      destination: { packetsPerDay: 1, optionPacketsPerDay: 1 },
      as: { packetsPerDay: 1, optionPacketsPerDay: 1 },
    };
    const { prober, sent } = guarded(clock, guardWith(limits, clock, [ip('20.0.0.1')]));
    for (let i = 0; i < 3; i++) await prober.ping(ping('20.0.0.1'));
    expect(sent).toHaveLength(3);
  });
});

describe('budgets per second', () => {
  const limits = { destination: { packetsPerSecond: 5, optionPacketsPerSecond: 5 }, longestWaitSeconds: 2 };

  it('let a burst of two seconds through, then hold probes back to the rate', async () => {
    const clock = new ManualClock(NOON);
    const { prober, sent } = guarded(clock, guardWith(limits, clock));
    const held: number[] = [];
    const all = Promise.all(
      Array.from({ length: 20 }, () =>
        prober.ping(ping('20.0.0.1'), undefined, { onHeld: (ms) => held.push(Math.round(ms)) }),
      ),
    );
    await clock.advance(10_000);
    await all;
    const times = sent.map(({ at }) => Math.round(at - NOON));
    expect(times.filter((at) => at === 0)).toHaveLength(10);
    expect(times.slice(10)).toEqual(held);
    for (let from = 0; from <= 3_000; from += 100)
      expect(times.filter((at) => at > from && at <= from + 1_000).length).toBeLessThanOrEqual(5);
  });

  it('refuse a probe that would wait too long, and say when to come back', async () => {
    const clock = new ManualClock(NOON);
    const { prober } = guarded(clock, guardWith(limits, clock));
    const waiting = Array.from({ length: 20 }, () => prober.ping(ping('20.0.0.1')));
    const error = await refusalOf(prober.ping(ping('20.0.0.1')));
    expect(error?.details).toMatchObject({ per: 'second', limit: 5, retryAt: NOON + 2_200 });
    await clock.advance(2_200);
    await Promise.all(waiting);
    await prober.ping(ping('20.0.0.1'));
  });

  it('give the place of a probe back that is cancelled while it waits', async () => {
    const clock = new ManualClock(NOON);
    const guard = guardWith(limits, clock);
    const { prober, sent } = guarded(clock, guard);
    await Promise.all(Array.from({ length: 10 }, () => prober.ping(ping('20.0.0.1'))));
    const over = new AbortController();
    const cancelledPing = prober.ping(ping('20.0.0.1'), over.signal);
    over.abort();
    await expect(cancelledPing).rejects.toMatchObject({ code: 'cancelled' });
    await settle();
    expect(sent).toHaveLength(10);
    expect(guard.tables.destination.packets(guard.tables.destination.find(ip('20.0.0.1')))).toBe(10);
  });

  it('ask other rules again after the wait', async () => {
    const clock = new ManualClock(NOON);
    let isKilled = false;
    const killSwitch = {
      before: () => {
        if (isKilled) throw new Error('killed');
      },
    };
    const { prober, sent } = guarded(clock, killSwitch, guardWith(limits, clock));
    await Promise.all(Array.from({ length: 10 }, () => prober.ping(ping('20.0.0.1'))));
    const held = prober.ping(ping('20.0.0.1'));
    const ended = expect(held).rejects.toThrow('killed');
    isKilled = true;
    await clock.advance(5_000);
    await ended;
    expect(sent).toHaveLength(10);
  });
});

describe('closestToLimits', () => {
  it('lists the subjects that have used most of a daily limit, by either limit', async () => {
    const clock = new ManualClock(NOON);
    const guard = guardWith({ destination: { packetsPerDay: 100, optionPacketsPerDay: 2 } }, clock);
    const { prober } = guarded(clock, guard);
    for (let i = 0; i < 30; i++) await prober.ping(ping('20.0.0.1'));
    await prober.ping(recordRoute('20.0.0.2'));
    await prober.ping(ping('20.0.0.3'));
    const closest = closestToLimits(guard, 2).filter(({ kind }) => kind === 'destination');
    expect(closest).toEqual([
      { kind: 'destination', subject: '20.0.0.2', packets: 1, optionPackets: 1, share: 0.5 },
      { kind: 'destination', subject: '20.0.0.1', packets: 30, optionPackets: 0, share: 0.3 },
    ]);
  });
});

describe('the settings', () => {
  it('have defaults that limit packets with options more strictly for every kind', () => {
    const { longestWaitSeconds: _, ...kinds } = DEFAULT_SAFETY.budgets;
    for (const limits of Object.values(kinds)) {
      expect(limits.optionPacketsPerDay).toBeLessThan(limits.packetsPerDay);
      expect(limits.optionPacketsPerSecond).toBeLessThan(limits.packetsPerSecond);
    }
  });

  it('keep the defaults of what a file leaves out', () => {
    const { budgets } = safetySettingsSchema.parse({ budgets: { as: { packetsPerSecond: 50 } } });
    expect(budgets.as).toEqual({ ...DEFAULT_SAFETY.budgets.as, packetsPerSecond: 50 });
    expect(budgets.user).toEqual(DEFAULT_SAFETY.budgets.user);
  });

  it.each([
    { budgets: { destination: { packetsPerDay: 10 } } },
    { budgets: { destinations: {} } },
    { budgets: { user: { packetsPerDay: 0 } } },
    { circuits: { silenceRise: 2 } },
  ])('refuse %j', (file) => {
    expect(safetySettingsSchema.safeParse(file).success).toBe(false);
  });
});
