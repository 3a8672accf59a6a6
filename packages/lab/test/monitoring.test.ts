import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const MONITORING = join(import.meta.dirname, '../../../deploy/monitoring');
/** Metrics of the gateway for agents, which a system with a simulated Internet does not have. */
const OF_THE_GATEWAY = ['revtr_agents_connected', 'revtr_hosts_suspended'];
/** Metrics of a process of a cluster. */
const OF_A_CLUSTER = ['revtr_processes', 'revtr_leases_held'];
/** Metrics that have no time series before something is stopped, refused, suspended or audited. */
const OF_EVENTS = [
  ...['revtr_kill_switches', 'revtr_refused_total', 'revtr_budget_refused_total'],
  ...['revtr_hop_kind_suspended', 'revtr_self_audits_total'],
];
const LIMITS = { max_per_day: 100, max_per_minute: 100, max_parallel: 100 };
const read = (name: string): string => readFileSync(join(MONITORING, name), 'utf8');

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system?.stop());

const get = (path: string) => fetch(`${system.url}${path}`);
const metrics = async (): Promise<string> => (await get('/metrics')).text();

/** The expressions of the alerts and of the dashboard. */
function expressions(): string[] {
  const alerts = [...read('alerts.yml').matchAll(/expr: ([\s\S]*?)\n +(?:for|labels):/g)].map(
    ([, expression]) => expression,
  );
  const dashboard = [...read('dashboard.json').matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
    String(JSON.parse(text)),
  );
  return [...alerts, ...dashboard];
}

/** Metrics of an expression with the labels by which they are chosen or grouped, but for those that Prometheus adds, and those of histograms. */
function labelsIn(expression: string): { readonly metric: string; readonly label: string }[] {
  const metrics = expression.match(/\b(?:revtr|process|nodejs)_\w+/g) ?? [];
  const selected = [...expression.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, metric, list]) =>
    [...list.matchAll(/(\w+)(?:=|!=)~?"/g)].map(([, label]) => ({ metric, label })),
  );
  const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list]) =>
    list.split(/, ?/).flatMap((label) => metrics.map((metric) => ({ metric, label }))),
  );
  return [...selected, ...grouped].filter(({ label }) => !['', 'instance', 'job', 'le'].includes(label));
}

/** The labels of the time series of each metric that has any. */
function labelsOf(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>();
  for (const [, name, list = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
    const all = labels.get(name) ?? new Set();
    for (const [, label] of list.matchAll(/(\w+)="/g)) all.add(label);
    labels.set(name, all);
  }
  return labels;
}

describe('what operators monitor', () => {
  it('are alerts that Prometheus accepts, and that fire for their faults alone', () => {
    const tested = spawnSync('/usr/bin/promtool', ['test', 'rules', 'alerts.test.yml'], {
      cwd: MONITORING,
      encoding: 'utf8',
    });
    expect([tested.status, tested.stderr]).toEqual([0, '']);
    const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    for (const name of alerts) expect(read('alerts.test.yml')).toContain(`${name} fires`);
  });

  it('are metrics that exist, in the alerts and in the dashboard', async () => {
    const ofTheSystem = [...(await metrics()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    const offered = new Set([...ofTheSystem, ...OF_THE_GATEWAY, ...OF_A_CLUSTER]);
    const used = `${read('alerts.yml')} ${read('dashboard.json')}`.match(/\b(revtr|process|nodejs)_\w+/g) ?? [];
    const missing = used.filter((name) => !offered.has(name) && !offered.has(name.replace(/_(bucket|count|sum)$/, '')));
    expect(used.length).toBeGreaterThan(30);
    expect(missing).toEqual([]);
  });

  it('have the labels by which the alerts and the dashboard choose and group them', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pair = { src: system.source, dst: system.destinations[0] };
    await client.wait((await client.submit([pair])).batchId);
    const labels = labelsOf(await metrics());
    const used = expressions()
      .flatMap(labelsIn)
      .filter(({ metric }) => ![...OF_THE_GATEWAY, ...OF_A_CLUSTER, ...OF_EVENTS].includes(metric));
    const wrong = used.filter(({ metric, label }) => labels.get(metric)?.has(label) !== true);
    expect(new Set(used.map(({ metric }) => metric)).size).toBeGreaterThan(10);
    expect(labels.get('revtr_measurements_total')).toEqual(new Set(['stop_reason']));
    expect(wrong).toEqual([]);
  });

  it('have as many time series for requests as routes, whatever clients ask for', async () => {
    await get('/api/v2/no-such-thing');
    const series = async (): Promise<number> =>
      (await metrics()).split('\n').filter((line) => line.startsWith('revtr_http_request_duration_seconds_count'))
        .length;
    const before = await series();
    for (let i = 0; i < 50; i++) await get(`/api/v2/no-such-thing-${i}`);
    expect(await series()).toBeLessThanOrEqual(before + 1);
    expect(await metrics()).not.toContain('no-such-thing');
  });

  it('includes the queue, agents and mails, in the metrics and in the status for operators alone', async () => {
    const client = (key: string) => new ReverseTracerouteClient({ server: system.url, key });
    const key = await addUser(system, 'monitoring@revtr.example', LIMITS);
    await expect(client(key).fleet.status()).rejects.toThrow();
    const status = await client(system.key).fleet.status();
    expect(status).toMatchObject({
      isReady: true,
      parts: [
        { name: 'database', outcome: 'ok' },
        { name: 'audit', outcome: 'ok' },
      ],
      queue: { running: 0 },
    });
    const ready = status.agents.find(({ kind, state }) => kind === 'source' && state === 'ready')?.count;
    expect(ready).toBe((await client(system.key).sources()).length);
    expect(await metrics()).toContain(`revtr_agents{kind="source",state="ready"} ${ready}`);
  });

  it('includes no metrics at the API where another port has them', async () => {
    const other = await startTestSystem({ health: { host: '127.0.0.1', port: 0 } });
    try {
      const statuses = ['/metrics', '/%6detrics', '/ready'].map(
        async (path) => (await fetch(`${other.url}${path}`)).status,
      );
      expect(await Promise.all(statuses)).toEqual([404, 404, 200]);
    } finally {
      await other.stop();
    }
  });

  it('tells liveness from readiness', async () => {
    expect(await (await get('/health')).json()).toEqual({ status: 'ok' });
    const ready = await get('/ready');
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', parts: { database: 'ok', audit: 'ok' } },
    ]);
  });
});
