import { parseIpv4 } from '@revtr/net';
import { AgentTests, Leases, Mails, ProbeSets, SelfAudits } from '@revtr/storage';
import { afterEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../src/cluster/leases/lease-keeper.ts';
import { preferredOwner } from '../../src/cluster/leases/preferred-owner.ts';
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
      await begin(process);
      return process;
    };
    const begin = async (process: ControllerProcess): Promise<void> => {
      started.push(process);
      await process.controller.start();
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
    return { clock, create, start, begin, expectSoon };
  };
  const owners = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await new Leases(database().db).list()).map(({ name, owner }) => [name, owner]));
  const register = async ({ controller }: ControllerProcess, source = SOURCE): Promise<void> => {
    const common = { hostname: '', site: '', user_id: null, state: 'ready' } as const;
    await controller.agents.put({ ...common, address: parseIpv4(source), kind: 'source' });
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

  describe('end a self-audit under way', () => {
    /** Waits until a process audits the pair of the vantage point and a source. */
    const audit = async (process: ControllerProcess, source: string, { expectSoon }: ReturnType<typeof open>) => {
      process.hosts.vantagePoints = [parseIpv4(VANTAGE_POINT)];
      process.hosts.sources = [parseIpv4(source)];
      await register(process, source);
      await expectSoon(() => process.probes.waiting).toBe(1);
    };
    const ended = async () =>
      (await new SelfAudits(database().db).list(10)).map(({ outcome, detail }) => ({ outcome, detail }));

    it('when they have lost the database, and say so when it is back', async () => {
      const opened = open();
      const process = await opened.start('engine');
      await audit(process, SOURCE, opened);
      process.isDatabaseLost.value = true;
      await opened.expectSoon(() => process.probes.interrupted).toBe(1);
      process.isDatabaseLost.value = false;
      const detail = 'another process may own the source by now';
      await opened.expectSoon(ended).toEqual([{ outcome: 'interrupted', detail }]);
    });

    it('when they hand its source over', async () => {
      const opened = open();
      const first = await opened.start('engine');
      const second = await opened.create('engine');
      const ofSecond = Array.from({ length: 100 }, (_, i) => `5.0.0.${i + 1}`).find(
        (address) => preferredOwner(address, [first.id, second.id]) === second.id,
      );
      const source = ofSecond ?? '';
      await audit(first, source, opened);
      await opened.begin(second);
      await opened.expectSoon(() => first.probes.interrupted).toBe(1);
      await opened.expectSoon(owners).toMatchObject({ [`source/${source}`]: second.id });
      const detail = 'the source was handed over to another process';
      await opened.expectSoon(ended).toEqual([{ outcome: 'interrupted', detail }]);
    });
  });
});
