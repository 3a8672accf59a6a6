import { getEventListeners } from 'node:events';
import { systemClock } from '@revtr/probing';
import { Leases } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { Duty } from '../../src/cluster/leases/duty.ts';
import { dutyClock } from '../../src/cluster/leases/duty-clock.ts';
import { LeaseKeeper } from '../../src/cluster/leases/lease-keeper.ts';
import { preferredOwner } from '../../src/cluster/leases/preferred-owner.ts';
import { SourceClaim } from '../../src/cluster/leases/source-claim.ts';
import { settle } from '../manual-clock.ts';
import { useDatabase } from '../test-database.ts';
import { type Process, processes } from './processes.ts';

const SOURCES = Array.from({ length: 12 }, (_, i) => `192.0.2.${i}`);

describe('the preferred owner', () => {
  it('spreads names evenly, and moves only those of a member that goes', () => {
    const names = Array.from({ length: 3_000 }, (_, i) => `source ${i}`);
    const before = names.map((name) => preferredOwner(name, ['a', 'b', 'c']));
    for (const member of ['a', 'b', 'c']) {
      const share = before.filter((owner) => owner === member).length / names.length;
      expect(share).toBeGreaterThan(0.28);
      expect(share).toBeLessThan(0.39);
    }
    const after = names.map((name) => preferredOwner(name, ['c', 'a']));
    expect(after.filter((owner, i) => before[i] !== 'b' && owner !== before[i])).toEqual([]);
    expect(preferredOwner('x', [])).toBeUndefined();
  });
});

describe('leases of sources', () => {
  const database = useDatabase();
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  const engine = (start: ReturnType<typeof processes>) => {
    const process: Process = start('engine');
    const events: string[] = [];
    const lostForMs = { value: 0 };
    const leases = new LeaseKeeper(
      { owner: process.bus.id, everyMs: 20 },
      { leases: new Leases(database().db), clock: systemClock, log: pino({ enabled: false }) },
    );
    const claim = new SourceClaim({
      bus: {
        id: process.bus.id,
        get lostForMs() {
          return lostForMs.value;
        },
      },
      members: process.members,
      sources: () => SOURCES,
      work: {
        load: async (source) => void events.push(`load ${source}`),
        begin: async (source) => void events.push(`begin ${source}`),
        end: async (source, isLost) => void events.push(`${isLost ? 'lose' : 'end'} ${source}`),
      },
    });
    leases.add(claim);
    leases.start();
    stops.push(
      () => process.stop(),
      () => leases.stop(),
    );
    return { process, leases, claim, events, lostForMs };
  };

  it('are shared by the engines, and handed over when one comes or goes', async () => {
    const start = processes();
    const first = engine(start);
    await expect.poll(() => first.claim.owned()).toHaveLength(SOURCES.length);
    expect(first.events.slice(0, 2)).toEqual([`load ${SOURCES[0]}`, `load ${SOURCES[1]}`]);
    const second = engine(start);
    await expect
      .poll(() => [...first.claim.owned(), ...second.claim.owned()].sort(), { timeout: 10_000 })
      .toEqual([...SOURCES].sort());
    await expect.poll(() => second.claim.owned().length).toBeGreaterThan(0);
    const [moved] = second.claim.owned();
    expect(first.events).toContain(`end ${moved}`);
    expect(first.claim.owned().length).toBeGreaterThan(0);
    second.process.members.leave();
    await second.leases.stop();
    expect(second.claim.owned()).toEqual([]);
    await expect.poll(() => first.claim.owned()).toHaveLength(SOURCES.length);
  });

  it('go to another engine when one has been without the bus for more than ten seconds', async () => {
    const start = processes();
    const first = engine(start);
    const second = engine(start);
    const shares = () => [first.claim.owned().length, second.claim.owned().length];
    await expect
      .poll(() => shares().includes(0) || shares()[0] + shares()[1] < SOURCES.length, { timeout: 10_000 })
      .toBe(false);
    first.lostForMs.value = 10_000;
    await systemClock.sleep(200);
    expect(first.claim.owned().length).toBeGreaterThan(0);
    first.lostForMs.value = 10_001;
    await expect.poll(() => first.claim.owned()).toEqual([]);
    expect(first.events.filter((event) => event.startsWith('lose'))).toEqual([]);
    // The others drop a process that they do not hear.
    first.process.members.leave();
    await expect.poll(() => second.claim.owned(), { timeout: 10_000 }).toHaveLength(SOURCES.length);
  });

  it('are lost by an engine that another one has replaced, which then writes nothing more for the source', async () => {
    const { claim, events } = engine(processes());
    await expect.poll(() => claim.owned()).toHaveLength(SOURCES.length);
    const [source] = SOURCES;
    await database()
      .db.updateTable('leases')
      .set({ owner: 'another', token: 99 })
      .where('name', '=', `source/${source}`)
      .execute();
    await expect.poll(() => claim.owns(source)).toBe(false);
    expect(events.filter((event) => event.endsWith(` ${source}`))).toContain(`lose ${source}`);
    expect(claim.owned()).toHaveLength(SOURCES.length - 1);
  });

  it('of a duty belong to one process, and time stands still for the others', async () => {
    const keeper = (name: string) => {
      const duty = new Duty({ name: 'mail' });
      const leases = new LeaseKeeper(
        { owner: name, everyMs: 20 },
        { leases: new Leases(database().db), clock: systemClock, log: pino({ enabled: false }) },
      );
      leases.add(duty);
      leases.start();
      stops.push(() => leases.stop());
      return { duty, leases };
    };
    const first = keeper('a');
    await expect.poll(() => first.duty.isHeld).toBe(true);
    const second = keeper('b');
    let passed = 0;
    const stopping = new AbortController();
    const sleeping = dutyClock(systemClock, second.duty)
      .sleep(1, stopping.signal)
      .then(() => {
        passed++;
      });
    await dutyClock(systemClock, first.duty).sleep(100);
    expect([second.duty.isHeld, passed]).toEqual([false, 0]);
    await first.leases.stop();
    await sleeping;
    expect([first.duty.isHeld, second.duty.isHeld, passed]).toEqual([false, true, 1]);
  });

  it('of a duty move on when the process has ended its work', async () => {
    const duty = new Duty({ name: 'atlas' });
    const work = Promise.withResolvers<void>();
    const events: string[] = [];
    duty.onEnd(async () => {
      events.push(`told, held: ${duty.isHeld}`);
      await work.promise;
    });
    await duty.acquired();
    const ended = duty.ended().then(() => events.push('ended'));
    await settle();
    expect(events).toEqual(['told, held: false']);
    work.resolve();
    await ended;
    expect(events).toEqual(['told, held: false', 'ended']);
  });

  it('of a duty are waited for without a trace once the wait is over', async () => {
    const duty = new Duty({ name: 'mail' });
    const stopping = new AbortController();
    const waits = [duty.held(stopping.signal), duty.held(stopping.signal)];
    await duty.acquired();
    await Promise.all(waits);
    expect(getEventListeners(stopping.signal, 'abort')).toEqual([]);
    await duty.ended();
    const interrupted = duty.held(stopping.signal);
    stopping.abort();
    await interrupted;
    expect(duty.isHeld).toBe(false);
  });
});
