import { parseIpv4 } from '@revtr/net';
import { AgentTests, Leases, Mails, ProbeSets } from '@revtr/storage';
import { afterEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/cluster/leases/lease-keeper.ts';
import { openDuty } from '../../src/composition/duties.ts';
import { ManualClock } from '../manual-clock.ts';
import { useDatabase } from '../test-database.ts';
import { type ControllerProcess, controllers } from './controllers.ts';

const DAY_MS = 86_400_000;
const [SOURCE, VANTAGE_POINT] = ['5.0.0.1', '6.0.0.1'];

describe('a duty', () => {
  const wanted = (sendsProbes: boolean, { canRecord = true, lostForMs = 0 }): boolean => {
    const claims: Claim[] = [];
    const leases = { add: (claim: Claim) => void claims.push(claim) };
    const audit = sendsProbes ? { canRecord } : undefined;
    const parts = { bus: { lostForMs }, roles: new Set(['atlas'] as const), isShared: true, leases };
    openDuty({ name: 'work', role: 'atlas', audit }, parts, new ManualClock());
    return claims.some((claim) => claim.wanted().length > 0);
  };

  it('goes to another process when this one cannot send its probes', () => {
    expect([wanted(true, {}), wanted(false, {})]).toEqual([true, true]);
    for (const problem of [{ canRecord: false }, { lostForMs: 10_001 }])
      expect([wanted(true, problem), wanted(false, problem)]).toEqual([false, true]);
  });
});

describe('processes of a controller', () => {
  const database = useDatabase();
  const started: ControllerProcess[] = [];
  afterEach(async () => {
    for (const process of started.splice(0)) {
      process.isDatabaseLost.value = false;
      await process.stop();
    }
  });

  const open = () => {
    // The clock of the database is that of the machine.
    const clock = new ManualClock(Date.now());
    const create = controllers(database, clock);
    const start = async (...roles: Parameters<typeof create>): Promise<ControllerProcess> => {
      const process = await create(...roles);
      started.push(process);
      await process.controller.start();
      return process;
    };
    /** Expects something of what `read` returns after some time. */
    const expectSoon = <T>(read: () => T) =>
      expect.poll(
        async (): Promise<Awaited<T>> => {
          await clock.advance(500);
          return await read();
        },
        { timeout: 10_000 },
      );
    return { clock, start, expectSoon };
  };
  const owners = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await new Leases(database().db).list()).map(({ name, owner }) => [name, owner]));
  const register = async ({ controller }: ControllerProcess): Promise<void> => {
    const common = { hostname: '', site: '', user_id: null, state: 'ready' } as const;
    await controller.agents.put({ ...common, address: parseIpv4(SOURCE), kind: 'source' });
    await controller.agents.put({ ...common, address: parseIpv4(VANTAGE_POINT), kind: 'vantagePoint' });
  };

  it('do what needs the database alone while all of them have lost the bus, and send no probes', async () => {
    const { clock, start, expectSoon } = open();
    const both = [await start('atlas'), await start('atlas')];
    const [first, second] = both;
    await expectSoon(owners).toHaveProperty('duty/upkeep');
    for (const { transport } of both) transport.cut(true);
    await expectSoon(owners).not.toHaveProperty('duty/atlas');
    // The process that looks after old records ends: another one takes over, which deletes some first of all.
    const mails = new Mails(database().db);
    await database()
      .db.insertInto('mails')
      .values({ recipient: 'a', subject: 's', body: 'b', created_at: new Date(clock.now() - 100 * DAY_MS) })
      .execute();
    const before = (await owners())['duty/upkeep'];
    const [gone, left] = first.id === before ? [first, second] : [second, first];
    started.splice(started.indexOf(gone), 1);
    await gone.stop();
    await expectSoon(() => mails.list(1)).toEqual([]);
    expect(await owners()).toEqual({ 'duty/upkeep': left.id });
    left.transport.cut(false);
    await expectSoon(owners).toEqual({ 'duty/atlas': left.id, 'duty/upkeep': left.id });
  });

  it.each(['bus', 'database'] as const)('end their tests of agents when they have lost the %s', async (what) => {
    const { start, expectSoon } = open();
    const process = await start('atlas');
    await register(process);
    await expectSoon(owners).toHaveProperty('duty/atlas');
    process.joined(parseIpv4(SOURCE));
    await expect.poll(() => process.probes.waiting).toBeGreaterThan(0);
    if (what === 'bus') process.transport.cut(true);
    else process.isDatabaseLost.value = true;
    await expectSoon(() => process.probes.waiting).toBe(0);
    process.isDatabaseLost.value = false;
    expect(await new AgentTests(database().db).of(SOURCE, 1)).toEqual([]);
  });

  it('interrupt their raw probes when they have lost the database', async () => {
    const { clock, start, expectSoon } = open();
    const process = await start('engine');
    await register(process);
    const limits = { max_per_day: 9, max_parallel: 9, max_per_minute: 9 };
    const user = await process.controller.users.ensure({
      name: 'U',
      email: 'u@x.example',
      role: 'operator',
      ...limits,
    });
    const request = { type: 'ping', from: VANTAGE_POINT, to: '7.0.0.1', count: 1, label: '' };
    const sets = new ProbeSets(database().db);
    const set = await sets.accept(user, [request], new Date(clock.now()), null);
    await expectSoon(() => process.probes.waiting).toBe(1);
    process.isDatabaseLost.value = true;
    await expectSoon(() => process.probes.interrupted).toBe(1);
    process.isDatabaseLost.value = false;
    expect(await sets.probesOf('id' in set ? set.id : 0)).toMatchObject([{ result: null }]);
  });
});
