import { type Lease, Leases } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Duty } from '../../src/cluster/leases/duty.ts';
import { LeaseKeeper } from '../../src/cluster/leases/lease-keeper.ts';
import { ManualClock } from '../manual-clock.ts';
import { useDatabase } from '../test-database.ts';

/** Not a multiple of the time between two rounds. */
const LEASE_MS = 600_500;
type Question = 'acquire' | 'renew' | 'release';

/** Leases in a database over a connection that can break: questions arrive, some late, and their answers are lost. */
class BrokenLeases extends Leases {
  broken: Question | undefined;
  /** Questions that were asked while the connection was broken. */
  readonly asked: Question[] = [];
  /** Questions that have not arrived. */
  readonly late: (() => Promise<unknown>)[] = [];

  override acquire(owner: string, names: readonly string[], forMs: number): Promise<Lease[]> {
    const ask = () => super.acquire(owner, names, forMs);
    return names.length > 0 ? this.#over('acquire', ask, true) : ask();
  }

  override renew(owner: string, forMs: number): Promise<Lease[]> {
    return this.#over('renew', () => super.renew(owner, forMs), true);
  }

  override release(owner: string, leases: readonly Lease[]): Promise<void> {
    return this.#over('release', () => super.release(owner, leases), false);
  }

  async #over<T>(question: Question, ask: () => Promise<T>, hasArrived: boolean): Promise<T> {
    if (this.broken !== question) return ask();
    if (hasArrived) await ask();
    else this.late.push(ask);
    this.asked.push(question);
    return new Promise(() => undefined);
  }
}

describe('a database that does not answer', () => {
  const database = useDatabase();
  const open = () => {
    const clock = new ManualClock();
    const leases = new BrokenLeases(database().db);
    const duty = new Duty({ name: 'mail' });
    const keeper = new LeaseKeeper(
      { owner: 'a', leaseMs: LEASE_MS, everyMs: 1_000 },
      { leases, clock, log: pino({ enabled: false }) },
    );
    keeper.add(duty);
    const token = async () => (await leases.list()).map(({ token }) => token);
    /** Names of the leases that are held, after a little more time. */
    const heldSoon = async () => {
      await clock.advance(1_000);
      return keeper.held;
    };
    return { clock, leases, duty, keeper, token, heldSoon };
  };

  it.each(['is silent', 'fails at once'])(
    'ends the leases as long after the last renewal as they last when it %s',
    async (how) => {
      const { clock, leases, duty, keeper } = open();
      let expirations = 0;
      keeper.onExpired(() => expirations++);
      keeper.start();
      // The pause between two rounds, and the time until the leases end.
      await expect.poll(() => [duty.isHeld, clock.sleeping]).toEqual([true, 2]);
      if (how === 'is silent') leases.broken = 'renew';
      else leases.renew = () => Promise.reject(new Error('the database is away'));
      await clock.advance(LEASE_MS - 1);
      expect([duty.isHeld, expirations]).toEqual([true, 0]);
      await clock.advance(1);
      expect([duty.isHeld, expirations]).toEqual([false, 1]);
      await clock.advance(1_000);
      await keeper.stop();
    },
  );

  it('does not keep the next round waiting, which takes up a lease whose acquisition was carried out', async () => {
    const { clock, leases, duty, keeper, token, heldSoon } = open();
    leases.broken = 'acquire';
    keeper.start();
    await expect.poll(() => leases.asked).toEqual(['acquire']);
    expect(duty.isHeld).toBe(false);
    // The question is not waited for until the leases would end.
    await clock.advance(LEASE_MS / 3);
    await expect.poll(heldSoon).toEqual(['duty/mail']);
    expect(await token()).toEqual([1]);
    await keeper.stop();
  });

  it('does not end leases that are renewed while the answer about further ones is missing, for which it is asked once at a time', async () => {
    const { clock, leases, duty, keeper } = open();
    leases.renew = async () => [{ name: 'duty/mail', token: 1 }];
    leases.acquire = async () => {
      leases.asked.push('acquire');
      return new Promise(() => undefined);
    };
    let expirations = 0;
    keeper.onExpired(() => expirations++);
    keeper.add({ wanted: () => ['source'], acquired: async () => undefined, ended: async () => undefined });
    keeper.start();
    await clock.advance(3 * LEASE_MS - 1);
    expect([duty.isHeld, expirations, leases.asked]).toEqual([true, 0, ['acquire', 'acquire', 'acquire']]);
    const stopping = keeper.stop();
    await clock.advance(LEASE_MS);
    await stopping;
  });

  it('does not keep a process that stops waiting, whose lease then expires', async () => {
    const { clock, leases, duty, keeper, token } = open();
    keeper.start();
    await expect.poll(() => duty.isHeld).toBe(true);
    leases.broken = 'release';
    let hasStopped = false;
    const stopping = keeper.stop().then(() => {
      hasStopped = true;
    });
    await expect.poll(() => leases.asked).toEqual(['release']);
    await clock.advance(LEASE_MS);
    await expect.poll(() => hasStopped).toBe(true);
    await stopping;
    expect([duty.isHeld, await token()]).toEqual([false, [1]]);
  });

  it('does not keep a process that stops waiting while it renews its leases', async () => {
    const { clock, leases, duty, keeper } = open();
    let end = (): void => undefined;
    const work = new Promise<void>((resolve) => {
      end = resolve;
    });
    keeper.add({ wanted: () => ['slow'], acquired: async () => undefined, ended: () => work });
    keeper.start();
    await expect.poll(() => [duty.isHeld, keeper.held.length]).toEqual([true, 2]);
    await expect.poll(() => clock.sleeping).toBe(2);
    let hasStopped = false;
    const stopping = keeper.stop().then(() => {
      hasStopped = true;
    });
    leases.broken = 'renew';
    await expect.poll(() => keeper.held).toEqual(['slow']);
    await clock.advance(1_000);
    await expect.poll(() => leases.asked).toEqual(['renew']);
    end();
    await expect.poll(() => keeper.held).toEqual([]);
    await clock.advance(LEASE_MS);
    await expect.poll(() => hasStopped).toBe(true);
    await stopping;
  });

  it('may carry out a release late, which does not end a lease that was taken again meanwhile', async () => {
    const { clock, leases, keeper, token, heldSoon } = open();
    const wanted = new Set(['source']);
    keeper.add({ wanted: () => [...wanted], acquired: async () => undefined, ended: async () => undefined });
    keeper.start();
    await expect.poll(() => keeper.held).toContain('source');
    leases.broken = 'release';
    wanted.clear();
    await expect
      .poll(async () => {
        await heldSoon();
        return leases.asked;
      })
      .toEqual(['release']);
    await clock.advance(LEASE_MS);
    await expect.poll(() => keeper.held).not.toContain('source');
    leases.broken = undefined;
    wanted.add('source');
    // The lease of which it is not known whether it was released is released again before it is taken anew.
    await expect.poll(heldSoon).toContain('source');
    for (const ask of leases.late) await ask();
    expect(await token()).toEqual([1, 2]);
    await keeper.stop();
  });
});
