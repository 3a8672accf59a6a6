import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { withoutFault } from '../src/alerts/options.ts';
import { AlertWatch } from '../src/alerts/prometheus/alert-watch.ts';
import { alertsOf, fasterRules } from '../src/alerts/prometheus/faster-rules.ts';
import type { ActiveAlert } from '../src/alerts/prometheus/prometheus.ts';
import { type AlertReport, isGood, tableOf } from '../src/alerts/report.ts';
import { LONGEST, STAGES } from '../src/alerts/trials/stages.ts';

const RULES = readFileSync(join(import.meta.dirname, '../../../deploy/monitoring/alerts.yml'), 'utf8');

describe('rules that fire sooner', () => {
  const faster = fasterRules(RULES);

  it('are rules of the same alerts that Prometheus accepts', () => {
    expect(alertsOf(faster)).toEqual(alertsOf(RULES));
    const directory = mkdtempSync(join(tmpdir(), 'revtr-rules-'));
    try {
      const file = join(directory, 'alerts.yml');
      writeFileSync(file, faster);
      expect(spawnSync('/usr/bin/promtool', ['check', 'rules', file], { encoding: 'utf8' }).status).toBe(0);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('wait a 144th of the time, but for several readings, look back less far, and allow for work that is in order', () => {
    const rules = [
      'for: 1m',
      '- alert: A',
      'for: 1d',
      'rate(revtr_x_total[30m]) > 0.9',
      'increase(revtr_x_total[1h])',
      'revtr_queue_oldest_seconds > 1800',
      'max by (job) (revtr_mails_oldest_seconds) > 3600',
      'revtr_dataset_age_seconds{dataset="prefix2as"} > 30 * 86400',
      'histogram_quantile(0.99, rate(revtr_http_request_duration_seconds_bucket[10m])) > 2',
    ];
    expect(fasterRules(rules.join('\n')).split('\n')).toEqual([
      'for: 8s',
      '- alert: A',
      'for: 600s',
      'rate(revtr_x_total[20s]) > 0.9',
      'increase(revtr_x_total[25s])',
      'revtr_queue_oldest_seconds > 1800 / 144 + 20',
      'max by (job) (revtr_mails_oldest_seconds) > 3600 / 144 + 20',
      'revtr_dataset_age_seconds{dataset="prefix2as"} > 30 * 86400 / 144 + 20',
      'histogram_quantile(0.99, rate(revtr_http_request_duration_seconds_bucket[20s])) > 2',
    ]);
  });
});

describe('a rule of a rate that fires sooner', () => {
  const rule = (name: string, expression: string, lasts: string): string =>
    `      - alert: ${name}\n        expr: ${expression}\n        for: ${lasts}\n`;

  it('is not fired by one moment if the rule is not', () => {
    const rules = [rule('A', 'rate(revtr_x_total[10m])', '15m'), rule('B', 'rate(revtr_x_total[1h])', '2m')];
    expect(fasterRules(rules.join(''))).toBe(
      rule('A', 'rate(revtr_x_total[20s])', '24s') + rule('B', 'rate(revtr_x_total[25s])', '8s'),
    );
  });
});

describe('the ages in the rules', () => {
  it('are all made smaller', () => {
    const ages = fasterRules(RULES)
      .split('\n')
      .filter((line) => /_(?:age|oldest|overdue)_seconds.*> \d/.test(line));
    expect(ages.length).toBeGreaterThanOrEqual(5);
    for (const line of ages) expect(line).toContain(' / 144 + 20');
  });
});

describe('the faults of alerts', () => {
  it('trigger every alert', () => {
    const triggered = [LONGEST, ...STAGES.flat(2)].flatMap(({ alerts }) => alerts);
    expect(triggered.sort()).toEqual(alertsOf(RULES).sort());
  });

  it('are refused by name when there is none', () => {
    expect(withoutFault(['RevtrMailsFail', 'RevtrNope'])).toEqual(['RevtrNope']);
  });
});

describe('the watch over alerts', () => {
  it('notes what fires without a fault, and how long an alert takes', async () => {
    let active: ActiveAlert[] = [];
    const told: string[] = [];
    const watch = new AlertWatch({
      prometheus: { active: async () => active },
      clock: systemClock,
      onUnexpected: (alert) => told.push(alert),
    });
    const over = new AbortController();
    const running = watch.run(over.signal);
    const forget = watch.expect(['A']);
    const fired = watch.until('A', true, 60, over.signal);
    active = [
      { name: 'A', labels: {}, isFiring: true },
      { name: 'C', labels: {}, isFiring: false },
    ];
    expect(await fired).toBeLessThan(60);
    expect(await watch.until('A', false, 0, over.signal)).toBeUndefined();
    expect(watch.unexpected).toEqual([]);
    forget();
    active = [{ name: 'B', labels: { instance: 'engine1' }, isFiring: true }];
    await watch.until('B', true, 60, over.signal);
    over.abort();
    await running;
    expect(watch.unexpected).toEqual(['B {"instance":"engine1"}']);
    expect(told).toEqual(watch.unexpected);
  });
});

describe('the report of a run', () => {
  const good: AlertReport = {
    outcomes: [{ alert: 'A', fault: 'It breaks.', firedAfter: 3, resolvedAfter: 4 }],
    unexpected: [],
    forgotten: [],
  };
  const [outcome] = good.outcomes;

  it('is good when every alert fired and was resolved, and no other', () => {
    expect(isGood(good)).toBe(true);
    expect(isGood({ ...good, unexpected: ['C {}'] })).toBe(false);
    expect(isGood({ ...good, forgotten: ['C'] })).toBe(false);
    expect(isGood({ ...good, outcomes: [{ ...outcome, resolvedAfter: undefined }] })).toBe(false);
  });

  it('is a table', () => {
    expect(tableOf({ ...good, unexpected: ['C {}'], forgotten: ['D'] }).split('\n')).toEqual([
      '| alert | fault | fires after | is resolved after |',
      '| --- | --- | --- | --- |',
      '| `A` | It breaks. | 3 s | 4 s |',
      'unexpected: C {}',
      'no fault is known for D',
      '',
    ]);
  });
});
