import { Bus, InProcessExchange, InProcessTransport } from '@revtr/bus';
import { systemClock } from '@revtr/probing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Members } from '../../src/cluster/members.ts';
import { Metrics } from '../../src/foundation/metrics.ts';
import { observeCluster } from '../../src/operations/cluster-metrics.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Process, processes } from './processes.ts';

describe('members', () => {
  let clock: ManualClock;
  /** How long the process was suspended: its clock then jumps, and no timer runs meanwhile. */
  let suspendedMs: number;
  let start: ReturnType<typeof processes>;
  let first: Process;
  let second: Process;
  let changes: { readonly id: string; readonly isThere: boolean }[];

  beforeEach(async () => {
    clock = new ManualClock();
    suspendedMs = 0;
    start = processes({
      now: () => clock.now() + suspendedMs,
      sleep: (ms, signal) => clock.sleep(ms, signal),
    });
    first = start('engine');
    second = start('engine');
    changes = [];
    await clock.advance(2_000);
    first.members.subscribe((change) => void changes.push(change));
  });
  afterEach(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  it('are counted by role in the metrics, with the leases that the process holds', async () => {
    const metrics = new Metrics();
    observeCluster(metrics, {
      members: first.members,
      leases: { held: ['source/10.0.0.1', 'source/10.0.0.2', 'atlas'] },
    });
    const shown = await metrics.registry.metrics();
    for (const line of ['revtr_processes{role="engine"} 2', 'revtr_processes{role="api"} 0'])
      expect(shown).toContain(line);
    for (const line of ['revtr_leases_held{kind="source"} 2', 'revtr_leases_held{kind="duty"} 1'])
      expect(shown).toContain(line);
  });

  it('that cannot do the work of a role are not counted for it, and keep their share of the budgets', async () => {
    second.members.pause('engine', true);
    await clock.advance(100);
    expect([first.members.with('engine'), second.members.with('engine')]).toEqual([[first.bus.id], [first.bus.id]]);
    expect([first.members.countAtWork(['engine']), second.members.countAtWork(['engine'])]).toEqual([2, 2]);
    await clock.advance(10_000);
    expect(first.members.with('engine')).toEqual([first.bus.id]);
    expect(changes).toEqual([]);
    second.members.pause('engine', false);
    await clock.advance(100);
    expect(first.members.with('engine')).toHaveLength(2);
  });

  it('are not missed by a process that was suspended itself', async () => {
    suspendedMs += 60_000;
    await clock.advance(5_000);
    expect(changes).toEqual([]);
    expect(first.members.with('engine')).toHaveLength(2);
  });

  it('are not missed by a process whose clock was set back', async () => {
    suspendedMs -= 3_600_000;
    await clock.advance(5_000);
    expect(changes).toEqual([]);
    second.transport.cut(true);
    await clock.advance(6_000);
    expect(first.members.with('engine')).toEqual([first.bus.id]);
  });

  it('are not missed by a process whose connection has come back', async () => {
    first.transport.cut(true);
    await clock.advance(30_000);
    first.transport.cut(false);
    await clock.advance(5_000);
    expect(changes).toEqual([]);
  });

  it('are missed when they are silent', async () => {
    second.transport.cut(true);
    await clock.advance(6_000);
    expect(changes).toEqual([{ id: second.bus.id, isThere: false }]);
    expect(first.members.with('engine')).toEqual([first.bus.id]);
  });

  it('count as at work until they must have stopped', async () => {
    second.transport.cut(true);
    await clock.advance(6_000);
    expect(first.members.with('engine')).toEqual([first.bus.id]);
    expect([first.members.countAtWork(['engine']), first.members.countAtWork(['api'])]).toEqual([2, 0]);
    await clock.advance(9_000);
    expect(first.members.countAtWork(['engine'])).toBe(2);
    await clock.advance(5_000);
    expect(first.members.countAtWork(['engine'])).toBe(1);
    second.transport.cut(false);
    await clock.advance(2_000);
    expect(first.members.countAtWork(['engine'])).toBe(2);
  });

  it('that leave own nothing at once, and count as at work until they have ended or fall silent', async () => {
    const third = start('engine');
    await clock.advance(2_000);
    second.members.leave();
    third.members.leave();
    await clock.advance(1_000);
    expect([first.members.with('engine'), first.members.countAtWork(['engine'])]).toEqual([[first.bus.id], 3]);
    await clock.advance(20_000);
    expect([first.members.with('engine'), first.members.countAtWork(['engine'])]).toEqual([[first.bus.id], 3]);
    third.transport.cut(true);
    await second.members.stop();
    await clock.advance(15_000);
    expect(first.members.countAtWork(['engine'])).toBe(2);
    await clock.advance(5_000);
    expect(first.members.countAtWork(['engine'])).toBe(1);
    expect(changes.filter(({ isThere }) => !isThere).map(({ id }) => id)).toEqual([second.bus.id, third.bus.id]);
    await third.stop();
  });

  it('reports a process whose version is too far away once, and takes the versions next to this one', async () => {
    const exchange = new InProcessExchange();
    const failed = (error: unknown): void => expect(error).toBeUndefined();
    const busOf = () =>
      new Bus({}, { transport: new InProcessTransport({ exchange }), clock: systemClock, onProblem: failed });
    const [here, there] = [busOf(), busOf()];
    const strangers: object[] = [];
    const members = new Members(
      { roles: new Set(['api']) },
      { bus: here, clock: systemClock, onError: failed, onStranger: (member) => strangers.push(member) },
    );
    members.start();
    const topic = { name: 'members', schema: z.looseObject({}), mostBytes: 1_024 };
    // A version before protocols had numbers, the next one, which says more, and one after that.
    const versions = [{}, { protocol: 2, region: 'x' }, { protocol: 3 }, { protocol: 3 }];
    for (const version of versions)
      there.publish(topic, { id: there.id, roles: ['engine'], isLeaving: false, ...version });
    await expect.poll(() => members.with('engine')).toEqual([there.id]);
    await expect.poll(() => strangers).toEqual([{ id: there.id, protocol: 3 }]);
    await members.stop();
    for (const bus of [here, there]) await bus.close();
  });
});
