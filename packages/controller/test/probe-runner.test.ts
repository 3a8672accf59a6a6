import { parseIpv4 } from '@revtr/net';
import { type Clock, cancelled, type PingRequest, type Prober, ProbingError, systemClock } from '@revtr/probing';
import { KillSwitchRecords, ProbeSets, Users } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { ProbeEvents } from '../src/probes/probe-events.ts';
import { ProbeRunner } from '../src/probes/probe-runner.ts';
import type { SenderRules } from '../src/probes/sender-rules.ts';
import { GuardedProber } from '../src/safety/guarded-prober.ts';
import { KillSwitches } from '../src/safety/kill-switches.ts';
import { pooledRandomBytes } from '../src/safety/random-pool.ts';
import { settle } from './manual-clock.ts';
import { Recording } from './recording.ts';
import { useDatabase } from './test-database.ts';

const rulesFor = (...claimable: string[]): SenderRules => {
  const sources = new Set(claimable.map(parseIpv4));
  return { senders: sources, claimable: sources, spoofers: new Set() };
};
const OPTED_OUT = '192.0.2.9';
const request = (to: string) => ({ type: 'ping', from: '198.51.100.1', to, count: 1, label: '' });

/** The table of raw probes, whose first writes fail. */
class FragileSets extends ProbeSets {
  failures = 0;

  override async finish(...call: Parameters<ProbeSets['finish']>): Promise<boolean> {
    if (this.failures-- > 0) throw new Error('the database is away');
    return super.finish(...call);
  }
}

describe('ProbeRunner', () => {
  const database = useDatabase();
  /** A clock whose waits are short. */
  const clock: Clock = { now: () => systemClock.now(), sleep: (ms, signal) => systemClock.sleep(ms / 1_000, signal) };
  let sets: FragileSets;
  let sent: PingRequest[];
  let isSilent: boolean;
  /** Whether the disk of the audit is full, which the first probe shows. */
  let isFull: boolean;
  let interrupted: number;
  let events: ProbeEvents;
  let rules: SenderRules | undefined;
  let audit: Recording;
  beforeEach(() => {
    sets = new FragileSets(database().db);
    sent = [];
    isSilent = false;
    isFull = false;
    interrupted = 0;
    events = new ProbeEvents();
    rules = rulesFor('198.51.100.1');
    audit = new Recording();
  });
  const prober: Prober = {
    ping: async (asked, signal) => {
      sent.push(asked);
      if (isFull) {
        if (audit.canRecord) audit.set(false);
        throw new ProbingError('auditUnavailable', 'the disk is full');
      }
      if (isSilent)
        await new Promise((_, reject) => {
          const interrupt = (): void => {
            interrupted++;
            reject(cancelled());
          };
          signal?.addEventListener('abort', interrupt, { once: true });
        });
      return { type: 'ping', request: asked, sentAt: 5 };
    },
    traceroute: () => Promise.reject(new Error('not asked')),
  };
  const open = (through: Prober = prober): ProbeRunner =>
    new ProbeRunner(
      { owner: `process ${Math.random()}`, concurrency: 10, pollMs: 1_000_000, longestWaitMs: 3_600_000 },
      {
        audit,
        ...{ sets, prober: through, events, clock, probingClock: clock, log: pino({ level: 'silent' }) },
        rulesOf: async () => rules,
        destinationCheck: {
          refuse: (address) =>
            address === parseIpv4(OPTED_OUT) ? { code: 'destinationOptedOut', message: 'opted out' } : undefined,
        },
      },
    );
  const submit = async (...targets: string[]): Promise<number> => {
    const limits = { max_per_day: 100, max_parallel: 100, max_per_minute: 100 };
    const user = await new Users(database().db).ensure({
      name: 'U',
      email: 'u@revtr.example',
      role: 'user',
      ...limits,
    });
    const outcome = await sets.accept(user, targets.map(request), new Date(), null);
    return 'id' in outcome ? outcome.id : 0;
  };
  const ended = (set: number, count: number): Promise<void> =>
    new Promise((resolve) => {
      let left = count;
      events.subscribe(set, () => --left === 0 && resolve());
    });

  it('does not send to a network that has opted out since the probe was accepted', async () => {
    const set = await submit(OPTED_OUT, '192.0.2.1');
    const all = ended(set, 2);
    const runner = open();
    runner.start();
    await all;
    await runner.stop();
    expect(sent.map(({ target }) => target)).toEqual([parseIpv4('192.0.2.1')]);
    expect((await sets.probesOf(set)).map(({ result }) => result)).toMatchObject([
      { sent: 0, failure: { code: 'destinationOptedOut' } },
      { sent: 1, replies: [] },
    ]);
  });

  it('leaves probes in the queue while they cannot be recorded', async () => {
    audit.canRecord = false;
    const set = await submit('192.0.2.1');
    const all = ended(set, 1);
    const runner = open();
    runner.start();
    await systemClock.sleep(100);
    expect((await sets.probesOf(set)).map(({ result }) => result)).toEqual([null]);
    audit.set(true);
    await all;
    await runner.stop();
    expect(sent).toHaveLength(1);
  });

  it('returns the probes under way to the queue when they cannot be recorded any more', async () => {
    const set = await submit('192.0.2.1');
    const all = ended(set, 1);
    isSilent = true;
    const runner = open();
    runner.start();
    await expect.poll(() => sent.length).toBe(1);
    audit.set(false);
    await expect.poll(async () => (await sets.probesOf(set))[0]).toMatchObject({ state: 'queued', result: null });
    expect(interrupted).toBe(1);
    isSilent = false;
    audit.set(true);
    await all;
    await runner.stop();
    expect(sent).toHaveLength(2);
  });

  it('returns all probes of a group to the queue when the first of them cannot be recorded', async () => {
    const set = await submit('192.0.2.1', '192.0.2.2', '192.0.2.3');
    const all = ended(set, 3);
    isFull = true;
    const runner = open();
    runner.start();
    await expect.poll(() => sent.length).toBeGreaterThan(0);
    await expect
      .poll(async () => (await sets.probesOf(set)).map(({ state }) => state))
      .toEqual(Array(3).fill('queued'));
    expect(sent).toHaveLength(1);
    isFull = false;
    audit.set(true);
    await all;
    await runner.stop();
    expect((await sets.probesOf(set)).map(({ result }) => result)).toMatchObject(Array(3).fill({ sent: 1 }));
  });

  it.each([
    { why: 'whose source its user may not use any more', now: () => rulesFor('198.51.100.9'), code: 'unknownSender' },
    { why: 'of a user who was disabled', now: () => undefined, code: 'userDisabled' },
  ])('does not send a probe $why', async ({ now, code }) => {
    const set = await submit('192.0.2.1');
    rules = now();
    const all = ended(set, 1);
    const runner = open();
    runner.start();
    await all;
    await runner.stop();
    expect(sent).toEqual([]);
    expect(await sets.probesOf(set)).toMatchObject([{ state: 'done', result: { sent: 0, failure: { code } } }]);
  });

  it('does not send a probe that has waited too long', async () => {
    const set = await submit('192.0.2.1');
    await database()
      .db.updateTable('probes')
      .set({ created_at: new Date(Date.now() - 3_700_000) })
      .execute();
    const all = ended(set, 1);
    const runner = open();
    runner.start();
    await all;
    await runner.stop();
    expect([sent.length, (await sets.probesOf(set))[0].result]).toMatchObject([0, { failure: { code: 'expired' } }]);
  });

  it('interrupts the probes under way without a result when it is told to', async () => {
    const set = await submit('192.0.2.1');
    isSilent = true;
    const runner = open();
    runner.start();
    await expect.poll(() => sent).toHaveLength(1);
    runner.interrupt();
    await settle();
    expect(interrupted).toBe(1);
    await runner.stop();
    expect(await sets.probesOf(set)).toMatchObject([{ state: 'queued', result: null }]);
  });

  it('ends the probes under way of a user whom a kill switch stops, each once, like those that it refuses', async () => {
    const set = await submit('192.0.2.1', '192.0.2.2');
    const [user] = await new Users(database().db).list();
    const switches = await KillSwitches.open({ records: new KillSwitchRecords(database().db), clock });
    isSilent = true;
    const guarded = new GuardedProber({ prober, guards: [switches], clock, randomBytes: pooledRandomBytes });
    const runner = open(guarded);
    const published: number[] = [];
    events.subscribe(set, (probe) => published.push(probe));
    runner.start();
    await expect.poll(() => sent).toHaveLength(2);
    await switches.set('user', '999', 'another user', user.id);
    await settle();
    expect(interrupted).toBe(0);
    await switches.set('user', String(user.id), 'abuse', user.id);
    await expect.poll(() => published).toHaveLength(2);
    expect(interrupted).toBe(2);
    const later = await submit('192.0.2.3');
    const refused = ended(later, 1);
    runner.notify();
    await refused;
    await runner.stop();
    const failure = { code: 'killSwitch', message: `an operator has stopped user ${user.id}: abuse` };
    const stopped = { state: 'done', result: { sent: 0, failure } };
    expect([...(await sets.probesOf(set)), ...(await sets.probesOf(later))]).toMatchObject(Array(3).fill(stopped));
    expect([sent.length, published.length]).toEqual([2, 2]);
  });

  it('renews the leases of probes under way, which another process takes over soon after this one was killed', async () => {
    await submit('192.0.2.1');
    isSilent = true;
    const runner = open();
    runner.start();
    const leaseEnd = async (): Promise<number> => {
      const row = await database().db.selectFrom('probes').select('lease_until').executeTakeFirstOrThrow();
      return row.lease_until?.getTime() ?? 0;
    };
    await expect.poll(leaseEnd).toBeGreaterThan(0);
    const first = await leaseEnd();
    await expect.poll(leaseEnd).toBeGreaterThan(first);
    await sets.renew('another process', [1], new Date(Date.now() + 3_600_000));
    const [now, later] = [new Date(), new Date(Date.now() + 180_000)];
    expect(await sets.lease('another process', 10, now, later)).toEqual([]);
    expect(await sets.lease('another process', 10, later, later)).toMatchObject([{ request: request('192.0.2.1') }]);
    await runner.stop();
  });

  it('returns the probes under way to the queue when it stops, and the next process sends them', async () => {
    const set = await submit('192.0.2.1');
    isSilent = true;
    const first = open();
    first.start();
    while (sent.length === 0) await systemClock.sleep(1);
    await first.stop();
    expect(await sets.probesOf(set)).toMatchObject([{ state: 'queued', result: null }]);
    isSilent = false;
    const all = ended(set, 1);
    const second = open();
    second.start();
    await all;
    await second.stop();
    expect(await sets.probesOf(set)).toMatchObject([{ state: 'done', result: { sent: 1 } }]);
  });

  it('sends nothing twice while results cannot be stored, and works through a queue that is longer than its places', async () => {
    const set = await submit(...Array.from({ length: 35 }, (_, i) => `192.0.2.${100 + i}`));
    sets.failures = 5;
    const all = ended(set, 35);
    const runner = open();
    runner.start();
    await all;
    await runner.stop();
    expect(sent).toHaveLength(35);
    expect((await sets.probesOf(set)).every(({ state }) => state === 'done')).toBe(true);
  });
});
