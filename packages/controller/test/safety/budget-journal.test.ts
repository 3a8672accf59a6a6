import { randomUUID } from 'node:crypto';
import { type Database, ProbeCounts } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { BudgetJournal } from '../../src/safety/budgets/budget-journal.ts';
import { ManualClock } from '../manual-clock.ts';
import { useDatabase } from '../test-database.ts';
import { guarded, guardWith, ip, ping, recordRoute } from './support.ts';

const NOON = Date.UTC(2026, 5, 14, 12);
const DAY_MS = 86_400_000;

describe('the journal of budgets', () => {
  const database = useDatabase();

  /** A process that counts: its prober, its journal, and what it has counted for an address. */
  async function open(db: Database['db'], clock: ManualClock, mostEntries = 60) {
    const guard = guardWith({ destination: { packetsPerDay: 5, optionPacketsPerDay: 2 } }, clock);
    const journal = new BudgetJournal(
      { everyMs: 5_000, mostEntries },
      { guard, counts: new ProbeCounts(db, randomUUID()), clock, log: pino({ level: 'silent' }) },
    );
    await journal.restore();
    const { prober } = guarded(clock, guard);
    const counted = (address: string) => {
      const place = guard.tables.destination.find(ip(address));
      return [guard.tables.destination.packets(place), guard.tables.destination.optionPackets(place)];
    };
    return { prober, journal, counted };
  }

  it('lets a process after a restart refuse what the one before has used up', async () => {
    const clock = new ManualClock(NOON);
    const first = await open(database().db, clock);
    await first.prober.ping(recordRoute('20.0.0.1'));
    await first.prober.ping(ping('20.0.0.1'));
    await first.journal.store();
    await first.prober.ping(recordRoute('20.0.0.1'));
    await first.journal.store();
    const second = await open(database().db, clock);
    expect(second.counted('20.0.0.1')).toEqual([3, 2]);
    await expect(second.prober.ping(recordRoute('20.0.0.1'))).rejects.toMatchObject({ code: 'budgetExhausted' });
    await second.prober.ping(ping('20.0.0.1'));
  });

  it('misses only what was counted since the last store when the process is killed', async () => {
    const clock = new ManualClock(NOON);
    const first = await open(database().db, clock);
    first.journal.start();
    await first.prober.ping(ping('20.0.0.1'));
    // The store works with a real database, and takes real time.
    await clock.advance(5_000);
    await expect
      .poll(async () => {
        await clock.advance(5_000);
        return (await open(database().db, clock)).counted('20.0.0.1');
      })
      .toEqual([1, 0]);
    await first.prober.ping(ping('20.0.0.1'));
    expect((await open(database().db, clock)).counted('20.0.0.1')).toEqual([1, 0]);
    await first.journal.stop();
    expect((await open(database().db, clock)).counted('20.0.0.1')).toEqual([2, 0]);
  });

  it('stays short, and keeps all counts when it is replaced', async () => {
    const clock = new ManualClock(NOON);
    const first = await open(database().db, clock, 3);
    for (let i = 1; i <= 20; i++) {
      await first.prober.ping(ping(`20.0.0.${i}`));
      await first.journal.store();
    }
    const rows = await database().db.selectFrom('probe_counts').selectAll().execute();
    expect(rows.length).toBeLessThanOrEqual(10);
    const second = await open(database().db, clock);
    for (let i = 1; i <= 20; i++) expect(second.counted(`20.0.0.${i}`)).toEqual([1, 0]);
  });

  it('does not carry a day over to the next', async () => {
    const clock = new ManualClock(NOON);
    const first = await open(database().db, clock);
    await first.prober.ping(ping('20.0.0.1'));
    await first.journal.store();
    await clock.advance(DAY_MS);
    expect((await open(database().db, clock)).counted('20.0.0.1')).toEqual([0, 0]);
  });

  it('keeps the entries of other processes', async () => {
    const clock = new ManualClock(NOON);
    const [first, second] = [await open(database().db, clock), await open(database().db, clock)];
    await first.prober.ping(ping('20.0.0.1'));
    await first.journal.store();
    await second.prober.ping(ping('20.0.0.2'));
    await second.journal.store();
    const third = await open(database().db, clock);
    expect([third.counted('20.0.0.1'), third.counted('20.0.0.2')]).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it('stores after a failure of the database what could not be stored', async () => {
    const clock = new ManualClock(NOON);
    const counts = new ProbeCounts(database().db, randomUUID());
    let isDown = true;
    const failing = Object.assign(Object.create(counts), {
      replace: (...all: Parameters<ProbeCounts['replace']>) =>
        isDown ? Promise.reject(new Error('down')) : counts.replace(...all),
    });
    const guard = guardWith({}, clock);
    const log = pino({ level: 'silent' });
    const journal = new BudgetJournal({ everyMs: 5_000, mostEntries: 60 }, { guard, counts: failing, clock, log });
    await guarded(clock, guard).prober.ping(ping('20.0.0.1'));
    await expect(journal.store()).rejects.toThrow('down');
    isDown = false;
    await journal.store();
    expect((await open(database().db, clock)).counted('20.0.0.1')).toEqual([1, 0]);
  });
});
