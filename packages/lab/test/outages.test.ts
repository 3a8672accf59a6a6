import { setTimeout as sleep } from 'node:timers/promises';
import type { Measurement } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf } from '../src/soak/process-usage.ts';
import { canRunKernelLab, extendForwardPath, startTestSystem, type TestSystem } from './kernel.ts';

const DESTINATIONS = ['10.4.0.2', '10.6.0.2', '10.3.0.2'];
const OUTAGE_MS = 20_000;

describe.skipIf(!canRunKernelLab())('among Linux routers, an outage', () => {
  let system: TestSystem;
  let before: readonly string[];

  beforeAll(async () => {
    system = await startTestSystem(extendForwardPath);
    before = (await measureAll(1)).map(describePath);
    expect(before.filter((path) => !path.startsWith('reaches') || path.includes('assumed'))).toEqual([]);
  });
  afterAll(() => system?.stop());

  /** A measured path as text: how it ended, and each router with how far it can be trusted. */
  const describePath = (measurement: Measurement): string => {
    const { stopReason, failReason, hops = [] } = measurement.result ?? {};
    const nodes = [hops[0]?.address, ...system.nodesOf(measurement)];
    return `${stopReason} ${failReason?.message ?? ''}: ${hops.map(({ trust }, i) => `${nodes[i]} ${trust}`).join(', ')}`;
  };

  /** Measures every destination a number of times, in one batch. */
  const measureAll = async (times: number): Promise<readonly Measurement[]> => {
    const options = { useCache: false, atlasOptions: { useAtlas: false } };
    const pairs = DESTINATIONS.map((dst) => ({ src: system.source, dst, ...options }));
    const { batchId } = await system.client.submit(Array.from({ length: times }, () => pairs).flat());
    return (await system.client.wait(batchId)).measurements;
  };

  /** Takes the link of a host down, measures meanwhile, takes it up again after 20 seconds, and measures at once. */
  const measureThroughOutage = async (
    node: string,
  ): Promise<{ during: readonly Measurement[]; after: readonly Measurement[] }> => {
    const { lab } = system;
    const [end] = lab.topology.interfaces.filter((own) => own.node === node);
    const link = ['ip', 'link', 'set', end.device];
    const during = [measureAll(5)];
    await lab.exec(node, ...link, 'down');
    for (let second = 0; second < OUTAGE_MS / 1_000; second++) {
      during.push(measureAll(1));
      await sleep(1_000);
    }
    await lab.exec(node, ...link, 'up');
    await lab.setRoutes(lab.topology.routes.filter(({ at }) => at === node));
    const after = await measureAll(90);
    return { during: (await Promise.all(during)).flat(), after };
  };

  const expectAsBefore = (measurements: readonly Measurement[]): void => {
    const wrong = measurements.map(describePath).filter((path) => !before.includes(path));
    expect(wrong).toEqual([]);
  };

  it('of the source is booked on no target: what is measured meanwhile and at once afterwards is measured, not assumed', async () => {
    const { during, after } = await measureThroughOutage('S');
    expectAsBefore(during);
    expectAsBefore(after);
    expect(system.controller.log).toContain('suspended: nothing answers this host');
    expect(system.controller.log).toContain('resumed: the host receives answers again');
    // The outages are those of the test: no agent has lost its controller.
    expect(system.agents.get('S')?.log).not.toContain('not connected');
  });

  it('of a vantage point is booked on no target: others take its place, and nothing is assumed', async () => {
    const { during, after } = await measureThroughOutage('V1');
    expectAsBefore(during);
    expectAsBefore(after);
  });

  it('of every scamper, stopped for 15 seconds and continued, leaves no trace in later batches', async () => {
    const scampers = [...system.agents.values()].flatMap(({ pid }) => childrenOf(pid));
    expect(scampers.length).toBeGreaterThanOrEqual(system.agents.size);
    const during = measureAll(5);
    for (const pid of scampers) process.kill(pid, 'SIGSTOP');
    await sleep(15_000);
    for (const pid of scampers) continueProcess(pid);
    expect((await during).every(({ state }) => state === 'done')).toBe(true);
    expectAsBefore(await measureAll(20));
  });
});

/** The watchdog of the agent may have replaced the process meanwhile. */
function continueProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
