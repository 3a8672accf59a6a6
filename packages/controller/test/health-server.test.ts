import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Metrics } from '../src/foundation/metrics.ts';
import { HealthServer } from '../src/operations/health-server.ts';
import type { Readiness } from '../src/operations/readiness.ts';

describe('the health server', () => {
  let readiness: Readiness;
  let server: HealthServer;
  let url: string;

  beforeEach(async () => {
    readiness = { isReady: true, parts: { database: 'ok' } };
    server = new HealthServer(
      { host: '127.0.0.1', port: 0 },
      { readiness: { read: async () => readiness }, metrics: new Metrics() },
    );
    url = await server.start();
  });
  afterEach(() => server.stop());

  it('says that the process is alive, whether it is ready, and what it has counted', async () => {
    const health = await fetch(`${url}/health`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    readiness = { isReady: false, parts: { database: 'ok', bus: 'failed' } };
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { status: 'notReady', parts: { database: 'ok', bus: 'failed' } },
    ]);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('# HELP');
  });

  it('refuses everything else', async () => {
    expect((await fetch(`${url}/api/v2/account`)).status).toBe(404);
    expect((await fetch(`${url}/health`, { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(405);
  });
});
