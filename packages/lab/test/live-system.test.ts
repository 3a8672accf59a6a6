import { ReverseTracerouteClient } from '@revtr/client';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulatedSystem } from '../src/world/simulated-system.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';
import type { System } from '../src/world/system.ts';

const HEAD_START_MS = 3_600_000;

describe('a live simulated system', () => {
  let world: SimulatedWorld;
  let system: System;
  let client: ReverseTracerouteClient;
  beforeAll(async () => {
    const startMs = Date.now() - HEAD_START_MS;
    world = new SimulatedWorld({ parameters: simParameters('small', 3), sources: 2, startMs });
    system = await startSimulatedSystem(
      world,
      { host: '127.0.0.1', port: 0, database: 'memory:', concurrency: 100, realTime: true, isLive: true },
      pino({ level: 'fatal' }),
    );
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  });
  afterAll(() => system.stop());

  it('stores times of one clock, and none that lies in the future', async () => {
    const [pair] = world.randomRequests(1);
    const { batchId } = await client.submit([pair]);
    const { measurements } = await client.wait(batchId);
    const { createdAt, result } = measurements[0];
    const times = [Date.parse(createdAt), result?.startedAt ?? 0, Date.now()].map(Math.floor);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const { records } = await client.fleet.audit({ measurement: String(measurements[0].id) });
    expect(records.length).toBeGreaterThan(0);
    for (const { at } of records) expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(createdAt));
    const { agesMs } = await client.fleet.atlas(pair.src);
    expect(agesMs?.median).toBeGreaterThan(0);
  });

  it('has agents that are connected, pass their tests, and can be withdrawn', async () => {
    const agents = await client.fleet.agents();
    expect(new Set(agents.map(({ kind }) => kind))).toEqual(new Set(['source', 'vantagePoint']));
    expect(agents.map(({ connected }) => connected)).toEqual(agents.map(() => true));
    const { address } = agents[0];
    await expect
      .poll(async () => (await client.fleet.agent(address)).tests.map(({ report }) => report.verdict))
      .toEqual(['passed']);
    expect(await client.fleet.withdraw(address)).toMatchObject({ state: 'withdrawn', connected: false });
    expect(await client.fleet.agent(address)).toMatchObject({ state: 'withdrawn', connected: false });
  });
});
