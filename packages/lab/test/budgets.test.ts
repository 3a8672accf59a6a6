import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulatedSystem } from '../src/world/simulated-system.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';
import type { System } from '../src/world/system.ts';
import { WIDE_BUDGETS } from '../src/world/wide-budgets.ts';
import { addUser } from './system.ts';

const world = new SimulatedWorld({ parameters: simParameters('small', 3), sources: 1, atlas: 'none' });
const LIMITS = {
  packetsPerSecond: 1_000_000,
  packetsPerDay: 1,
  optionPacketsPerSecond: 1_000_000,
  optionPacketsPerDay: 1,
};

let system: System;
beforeAll(async () => {
  system = await startSimulatedSystem(
    world,
    {
      host: '127.0.0.1',
      port: 0,
      database: 'memory:',
      concurrency: 10,
      realTime: false,
      safety: { ...WIDE_BUDGETS, budgets: { ...WIDE_BUDGETS.budgets, source: LIMITS } },
    },
    pino({ level: 'fatal' }),
  );
});
afterAll(() => system.stop());

/** The fields of the bodies that are read here. */
interface Body {
  readonly revtrs: readonly object[];
  readonly limits: readonly object[];
  readonly closest: readonly object[];
}

const get = async (path: string, key = system.key): Promise<{ readonly status: number; readonly body: Body }> => {
  const response = await fetch(`${system.url}${path}`, { headers: { 'Revtr-Key': key } });
  return { status: response.status, body: Object(await response.json()) };
};

describe('a system with small budgets', () => {
  it('tells users which budget stopped a measurement, and when to measure again', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const src = formatIpv4(world.sources[0].address);
    const dst = formatIpv4(world.randomPairs(1)[0].destination);
    const ended = async () => {
      const { batchId } = await client.submit([{ src, dst, isRunRttPings: false, useCache: false }]);
      for await (const event of client.events(batchId)) if (event.type === 'complete') break;
      return batchId;
    };
    await ended();
    const batchId = await ended();
    const [{ result }] = (await client.batch(batchId)).measurements;
    expect(result).toMatchObject({
      stopReason: 'failed',
      failReason: {
        code: 'budgetExhausted',
        budget: { kind: 'source', per: 'day', limit: 1 },
      },
    });
    const retryAt = result?.failReason?.retryAt ?? 0;
    expect(retryAt).toBeGreaterThan(Date.now());
    expect(retryAt).toBeLessThanOrEqual(Date.now() + 86_400_000);
    const { body } = await get(`/api/v1/revtr?batchid=${batchId}`);
    expect(body.revtrs[0]).toMatchObject({
      stopReason: 'FAILED',
      failReason: expect.stringMatching(/^the budget of the source .* is exhausted until \d{4}-\d{2}-\d{2}T00:00:00Z$/),
    });
  });

  it('shows operators the limits, the subjects closest to them, and suspended networks', async () => {
    const { body } = await get('/api/v2/budgets?most=1');
    expect(body.limits).toContainEqual({ kind: 'source', ...LIMITS });
    expect(body.closest).toContainEqual(expect.objectContaining({ kind: 'source', packets: 1, share: 1 }));
    expect((await get('/api/v2/circuits')).body).toEqual({ circuits: [] });
  });

  it('shows them to nobody else', async () => {
    const key = await addUser(system, 'user@revtr.example');
    for (const path of ['/api/v2/budgets', '/api/v2/circuits']) expect((await get(path, key)).status).toBe(403);
  });

  it('counts refusals in its metrics, by kinds and not by subjects', async () => {
    const text = await (await fetch(`${system.url}/metrics`)).text();
    expect(text).toMatch(/revtr_budget_refused_total\{kind="source",packets="\w+",per="day"\} [1-9]/);
    expect(text).toMatch(/revtr_circuit_open\{kind="as"\} 0/);
  });
});
