import { parseIpv4 } from '@revtr/net';
import { ProbingError, systemClock } from '@revtr/probing';
import { KillSwitchRecords, Users } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { BudgetGuard } from '../../src/safety/budgets/budget-guard.ts';
import { SharedCounts } from '../../src/safety/budgets/shared-counts.ts';
import { SubjectFinder } from '../../src/safety/budgets/subjects.ts';
import { KillSwitches } from '../../src/safety/kill-switches.ts';
import { SharedSwitches } from '../../src/safety/shared-switches.ts';
import { ManualClock } from '../manual-clock.ts';
import { budgetsWith, networks, ping } from '../safety/support.ts';
import { useDatabase } from '../test-database.ts';
import { processes } from './processes.ts';

const log = pino({ enabled: false });
const request = { type: 'ping', sender: parseIpv4('10.0.0.1'), target: parseIpv4('20.0.0.1'), timeoutMs: 1 } as const;

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

describe('kill switches of several processes', () => {
  const database = useDatabase();
  const opened = async (
    start: ReturnType<typeof processes>,
    clock: ManualClock,
    records = new KillSwitchRecords(database().db),
  ) => {
    const process = start('engine');
    const switches = await KillSwitches.open({ records, clock });
    const { bus, changes } = process;
    const shared = new SharedSwitches({ switches, bus, changes, clock, log });
    shared.start();
    stops.push(
      () => process.stop(),
      () => shared.stop(),
    );
    const refusal = (): string => {
      try {
        switches.before(request, undefined);
        return 'none';
      } catch (error) {
        return error instanceof ProbingError ? error.message : String(error);
      }
    };
    return { process, switches, refusal };
  };
  const operator = async (): Promise<number> => {
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const user = { name: 'O', email: 'o@revtr.example', role: 'operator', ...limits } as const;
    return (await new Users(database().db).ensure(user)).id;
  };

  it('are in effect everywhere without anybody reading them by the clock', async () => {
    const clock = new ManualClock();
    const start = processes(clock);
    const [first, second] = [await opened(start, clock), await opened(start, clock)];
    let told = 0;
    second.switches.subscribe(() => told++);
    await first.switches.set('target', '20.0.0.0/16', 'a complaint', await operator());
    await expect.poll(second.refusal).toContain('a complaint');
    await first.switches.lift('target', '20.0.0.0/16');
    await expect.poll(second.refusal).toBe('none');
    expect(told).toBe(2);
  });

  it('are read after a second when the message was lost, and stop all probing ten seconds after the bus was lost', async () => {
    const clock = new ManualClock();
    const start = processes(clock);
    const [first, second] = [await opened(start, clock), await opened(start, clock)];
    second.process.transport.cut(true);
    await first.switches.set('probing', '', 'maintenance', await operator());
    expect(second.refusal()).toBe('none');
    await clock.advance(1_000);
    await expect.poll(second.refusal).toContain('maintenance');
    await first.switches.lift('probing', '');
    await clock.advance(1_000);
    await expect.poll(second.refusal).toBe('none');
    const lost = clock.now();
    const later = async (): Promise<string> => {
      await clock.advance(1_000);
      return second.refusal();
    };
    await expect.poll(later).toContain('the bus of the controller has been away');
    expect(clock.now() - lost).toBeGreaterThan(7_000);
    expect(second.switches.isSet('probing')).toBe(true);
    expect(second.switches.list()).toEqual([]);
    expect(first.refusal()).toBe('none');
    second.process.transport.cut(false);
    await expect.poll(later).toBe('none');
  });

  it('stop all probing ten seconds after the bus was lost although the database does not answer', async () => {
    const clock = new ManualClock();
    const records = new KillSwitchRecords(database().db);
    const { process, refusal } = await opened(processes(clock), clock, records);
    const silent = Promise.withResolvers<Awaited<ReturnType<typeof records.list>>>();
    records.list = () => silent.promise;
    stops.push(async () => silent.resolve([]));
    // The read that never ends has begun before the bus is lost.
    await clock.advance(1_000);
    process.transport.cut(true);
    for (let second = 0; second < 12; second++) await clock.advance(1_000);
    expect(refusal()).toContain('the bus of the controller has been away');
  });
});

describe('budgets of several processes', () => {
  const probing = (start: ReturnType<typeof processes>, share: number, follows = true) => {
    const process = start('engine');
    const onError = (error: unknown): void => {
      throw error;
    };
    const counts = new SharedCounts({ follows }, { bus: process.bus, clock: systemClock, onError });
    const guard = new BudgetGuard(
      budgetsWith({
        destination: { packetsPerDay: 4, packetsPerSecond: 4, optionPacketsPerDay: 4, optionPacketsPerSecond: 4 },
        longestWaitSeconds: 1,
      }),
      {
        subjects: new SubjectFinder({ networks: networks(), isOwn: () => false }),
        clock: new ManualClock(),
        share: () => share,
        onCounted: (count) => counts.note(count),
      },
    );
    counts.start(guard);
    stops.push(
      () => process.stop(),
      () => counts.stop(),
    );
    return guard;
  };
  const send = (guard: BudgetGuard): string => {
    const probe = ping('20.0.0.9');
    try {
      guard.before(probe, undefined);
      return String(guard.reserve(probe, undefined));
    } catch (error) {
      return error instanceof ProbingError ? error.code : String(error);
    }
  };

  it('of a day count what the others have sent, and what they have not sent after all', async () => {
    const start = processes();
    const [first, second, idle] = [probing(start, 1), probing(start, 1), probing(start, 1, false)];
    for (let i = 0; i < 3; i++) send(first);
    first.unsent(ping('20.0.0.9'), undefined);
    const sentBy = (guard: BudgetGuard): number => {
      const table = guard.tables.destination;
      return table.packets(table.find(parseIpv4('20.0.0.9')));
    };
    await expect.poll(() => sentBy(second)).toBe(2);
    expect([send(second), send(second)]).not.toContain('budgetExhausted');
    expect(send(second)).toBe('budgetExhausted');
    await expect.poll(() => sentBy(first)).toBe(4);
    expect(send(first)).toBe('budgetExhausted');
    expect(sentBy(idle)).toBe(0);
  });

  it('of a second are divided', () => {
    const start = processes();
    const alone = probing(start, 1);
    const half = probing(start, 0.5);
    // What two seconds allow is sent at once: eight packets, or four with half of the budget, or two with a quarter.
    expect([send(alone), send(alone), send(alone), send(alone)]).toEqual(['0', '0', '0', '0']);
    expect([send(half), send(half), send(half), send(half)]).toEqual(['0', '0', '0', '0']);
    const quarter = probing(start, 0.25);
    expect([send(quarter), send(quarter), send(quarter)]).toEqual(['0', '0', '1000']);
  });
});
