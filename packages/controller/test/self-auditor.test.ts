import { DeploymentCalibration } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { HopKinds, SelfAudits } from '@revtr/storage';
import { describe, expect, it } from 'vitest';
import { kindAlertMail } from '../src/mail/messages.ts';
import { reportAccuracy } from '../src/self-audit/accuracy-report.ts';
import { KindEvidenceKeeper } from '../src/self-audit/kind-evidence-keeper.ts';
import { addOutcomes } from '../src/self-audit/kind-records.ts';
import { choosePair } from '../src/self-audit/pair-choice.ts';
import { calibrationError, rangeOf } from '../src/self-audit/reliability.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const KIND = 'spoofedRecordRoute.stamp';
const NOW = new Date('2026-01-02T12:00:00Z');
const outcomes = (count: number, isRight: boolean) =>
  Array.from({ length: count }, () => ({ kind: KIND, claimed: 0.999, isRight }));

describe('kinds of hops', () => {
  const database = useDatabase();

  it('are suspended by bad outcomes, survive a restart, and are lifted by an operator', async () => {
    const parts = { kinds: new HopKinds(database().db), clock: new ManualClock(NOW.getTime()) };
    const calibration = new DeploymentCalibration();
    const keeper = new KindEvidenceKeeper({ ...parts, calibration });
    const events: string[] = [];
    const learn = (list: ReturnType<typeof outcomes>) =>
      parts.kinds.change((rows) => {
        const added = addOutcomes(rows, list, NOW);
        events.push(...added.events.map(({ type }) => type));
        return added.rows;
      });
    await learn(outcomes(100, true));
    await learn(outcomes(60, false));
    expect(events).toEqual(['degraded', 'suspended']);
    await keeper.refresh();
    expect([calibration.isSuspended(KIND), calibration.hasSuspensions]).toEqual([true, true]);
    expect(calibration.corrected(KIND, 0.999)).toBeLessThan(0.6);

    const restarted = new DeploymentCalibration();
    await new KindEvidenceKeeper({ ...parts, calibration: restarted }).refresh();
    expect(restarted.isSuspended(KIND)).toBe(true);

    expect(await keeper.lift('atlas.exact')).toBe(false);
    expect(await keeper.lift(KIND)).toBe(true);
    expect(calibration.isSuspended(KIND)).toBe(false);
    expect(keeper.rows[0]).toMatchObject({ kind: KIND, suspended_at: null, lifted_at: NOW, recent_weight: 0 });
    expect(await keeper.lift(KIND)).toBe(false);
    // New outcomes decide again.
    await learn(outcomes(10, false));
    await keeper.refresh();
    expect(calibration.isSuspended(KIND)).toBe(false);
    await learn(outcomes(60, false));
    await keeper.refresh();
    expect(calibration.isSuspended(KIND)).toBe(true);
  });

  it('are reported to operators at most once a day', () => {
    const first = addOutcomes([], outcomes(2_000, true), NOW);
    const fall = [...outcomes(2, false), ...outcomes(20, true), ...outcomes(3, false)];
    let { rows } = first;
    let told = 0;
    for (let i = 0; i < 5; i++) {
      const added = addOutcomes(rows, fall, NOW);
      ({ rows } = added);
      told += added.events.length;
    }
    expect(told).toBe(1);
  });

  it('are named in mails with what operators can do', () => {
    const { subject, body } = kindAlertMail({
      type: 'suspended',
      kind: KIND,
      share: 0.5,
      low: 0.4,
      high: 0.6,
      claimed: 0.999,
      floor: 0.849,
    });
    expect(subject).toContain(`${KIND} is suspended`);
    expect(body).toContain('50.0 % are right (95 % interval: 40.0 % to 60.0 %)');
    expect(body).toContain(`revtr admin lift ${KIND}`);
  });
});

describe('stored self-audits', () => {
  const database = useDatabase();
  const keeperOf = () =>
    new KindEvidenceKeeper({
      kinds: new HopKinds(database().db),
      calibration: new DeploymentCalibration(),
      clock: new ManualClock(NOW.getTime()),
    });
  const counts = [{ kind: KIND, bin: rangeOf(0.97), judged: 4, right: 3, unjudged: 2, confidence: 3.88 }];

  it('add to the counts of their day and network, once, and retries do not', async () => {
    const audits = new SelfAudits(database().db);
    const begin = (network: number, is_retry = false): Promise<number> =>
      audits.begin({ started_at: NOW, host: '6.0.0.1', source: '9.0.0.1', network, is_retry });
    const finish = async (id: number): Promise<void> => {
      const found = { reached: true, asPathExact: false, routers: 5, routersFound: 4, hops: [], counts };
      await audits.finish({ id, endedAt: NOW, outcome: 'judged', detail: '', ...found }, () => []);
    };
    const [first, second, retry] = [await begin(7), await begin(8), await begin(7, true)];
    for (const id of [first, first, second, retry]) await finish(id);
    const report = (network?: number) =>
      reportAccuracy({ from: NOW.getTime(), to: NOW.getTime(), network }, { audits, keeper: keeperOf() });
    expect(await report()).toMatchObject({
      audits: { judged: 2 },
      reached: { count: 2, total: 2 },
      asPathExact: { count: 0, total: 2 },
      routersFound: { count: 8, total: 10 },
      hops: { count: 6, total: 8, unjudged: 4 },
    });
    expect(await report(8)).toMatchObject({ audits: { judged: 1 }, networks: [{ asn: 8, audits: 1 }] });
    expect((await report()).calibrationError).toBeCloseTo(0.97 - 0.75);
    expect(await audits.list(10)).toHaveLength(3);
    await audits.deleteBefore(new Date(NOW.getTime() + 1), new Date('2026-01-03T00:00:00Z'));
    expect([await audits.list(10), (await report()).audits.judged]).toEqual([[], 0]);
  });

  it('are ended when their process has ended', async () => {
    const audits = new SelfAudits(database().db);
    await audits.begin({ started_at: NOW, host: '6.0.0.1', source: '9.0.0.1', network: 0, is_retry: false });
    expect(await audits.list(10)).toEqual([]);
    expect(await audits.endAbandoned(NOW)).toBe(0);
    expect(await audits.endAbandoned(new Date(NOW.getTime() + 1))).toBe(1);
    const detail = 'the process that carried it out ended';
    expect(await audits.list(10)).toMatchObject([{ outcome: 'interrupted', detail }]);
    expect(await audits.latestByPair(NOW)).toEqual([{ host: '6.0.0.1', source: '9.0.0.1', startedAt: NOW }]);
  });
});

describe('the choice of a pair', () => {
  const [a, b, source, beside] = ['6.0.0.1', '7.0.0.1', '9.0.0.1', '9.0.0.200'].map(parseIpv4);
  const choose = (hosts: readonly (number | undefined)[], last: ReadonlyMap<number, number>, notSince = 100) =>
    choosePair(
      {
        hosts: hosts.flatMap((host) => host ?? []),
        sources: [source ?? 0],
        lastAudited: ({ host }) => last.get(host),
      },
      notSince,
      createRandom(1),
    )?.host;

  it('takes pairs that were never audited, then those whose audit is longest ago, and none too often', () => {
    expect(choose([a, b], new Map([[a ?? 0, 50]]))).toBe(b);
    expect(
      choose(
        [a, b],
        new Map([
          [a ?? 0, 50],
          [b ?? 0, 40],
        ]),
      ),
    ).toBe(b);
    expect(
      choose(
        [a, b],
        new Map([
          [a ?? 0, 150],
          [b ?? 0, 140],
        ]),
      ),
    ).toBeUndefined();
  });

  it('takes no host in the /24 of the source', () => {
    expect(choose([source, beside], new Map())).toBeUndefined();
  });
});

describe('the calibration error', () => {
  it('is the weighted distance between confidence and share of right hops', () => {
    expect(calibrationError([])).toBe(0);
    const ranges = [
      { judged: 10, right: 5, confidence: 9 },
      { judged: 30, right: 30, confidence: 29 },
    ];
    expect(calibrationError(ranges)).toBeCloseTo((10 * 0.4 + 30 * (1 / 30)) / 40);
    expect([0, 0.399, 0.4, 0.95, 0.999, 1].map(rangeOf)).toEqual([0, 0, 1, 7, 8, 8]);
  });
});
