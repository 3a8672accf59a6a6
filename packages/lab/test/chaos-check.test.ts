import { parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { check } from '../src/chaos/check/check.ts';
import { untriedKinds } from '../src/chaos/check/check-restrictions.ts';
import { parseHistory } from '../src/chaos/check/history.ts';
import { RestrictedProbes } from '../src/chaos/check/restricted-probes.ts';
import { VIOLATIONS, type ViolationKind } from '../src/chaos/check/violations.ts';
import { RESTRICTION_KINDS } from '../src/chaos/plan/restrictions.ts';
import { goodRun, PAIRS, type Run } from './chaos-run.ts';

const found = (change: (run: Run) => void): ViolationKind[] => {
  const run = goodRun();
  change(run);
  return check(run).violations.map(({ kind }) => kind);
};

const LATE = 'measurement 1: 1.0.0.1 to 3.0.0.9';
const at = 0;
type Shown = Extract<Run['history'][number], { type: 'read' }>['measurements'];

/** Changes what a reading of batch 1 shows: the one during the run, or the last one. */
function changeReading({ history }: Run, isFinal: boolean, change: (shown: Shown) => Shown): void {
  const place = history.findIndex((event) => event.type === 'read' && event.isFinal === isFinal);
  const read = history[place];
  if (read.type === 'read') history[place] = { ...read, measurements: change(read.measurements) };
}

/** Each kind of violation, and runs that contain it. */
const BROKEN: Record<ViolationKind, readonly ((run: Run) => void)[]> = {
  unsubmitted: [
    (run) => {
      run.history = [];
      run.stored.batches = [];
      run.stored.measurements = [];
      run.stored.audited = [];
    },
  ],
  unanswered: [
    ({ planned, history }) => {
      planned.push({ ...planned[0], key: 'z' });
      history.push({ type: 'submitting', at, user: 0, key: 'z', pairs: PAIRS });
    },
  ],
  refused: [({ history }) => void history.push({ type: 'refused', at, subject: 'batch 1', code: 'notFound' })],
  leftOut: [
    ({ history, stored }) => {
      const rejected = [{ index: 1, code: 'unknownSource' }];
      history[5] = { type: 'accepted', at, user: 1, key: 'y', batchId: 2, rejected };
      stored.batches[1].size = 1;
      stored.measurements.pop();
    },
  ],
  keyReused: [
    ({ history, stored }) => {
      history.splice(4, 0, { type: 'accepted', at, user: 0, key: 'x', batchId: 3, rejected: [] });
      stored.batches.push({ id: 3, user: 'user0@example.org', size: 2, isCancelled: false });
      for (const [i, pair] of PAIRS.entries())
        stored.measurements.push({ id: 5 + i, batchId: 3, ...pair, state: 'done', stopReason: 'reaches', endings: 1 });
    },
    ({ history }) => {
      const rejected = [{ index: 1, code: 'unknownSource' }];
      history[3] = { type: 'accepted', at, user: 0, key: 'x', batchId: 1, rejected };
    },
  ],
  lostBatch: [
    ({ stored }) => {
      stored.batches.splice(0, 1);
      stored.measurements.splice(0, 2);
      stored.audited.splice(0, 1);
    },
  ],
  lostPair: [({ stored }) => void stored.measurements.splice(1, 1)],
  extraPair: [
    ({ stored }) =>
      void stored.measurements.push({ ...stored.measurements[0], id: 9, src: '1.0.0.9', stopReason: 'reaches' }),
    ({ stored }) => void stored.measurements.push({ ...stored.measurements[0], id: 9 }),
    ({ stored }) => {
      stored.batches[0].user = 'user1@example.org';
    },
  ],
  notEnded: [
    (run) => {
      changeReading(run, true, (shown) => shown.slice(0, 1));
      run.stored.measurements[1] = { ...run.stored.measurements[1], state: 'running', stopReason: null, endings: 0 };
    },
  ],
  endedTwice: [
    ({ stored }) => {
      stored.measurements[1].endings = 2;
    },
  ],
  uncountedEnd: [
    ({ stored }) => {
      stored.measurements[1].endings = 0;
    },
  ],
  brokenMeasurement: [(run) => changeReading(run, true, ([one, other]) => [one, { ...other, failCode: 'internal' }])],
  duplicateBatch: [
    ({ stored }) => void stored.batches.push({ id: 3, user: 'user0@example.org', size: 2, isCancelled: false }),
  ],
  orphan: [({ stored }) => void stored.measurements.push({ ...stored.measurements[0], id: 9, batchId: null })],
  changedResult: [
    (run) => changeReading(run, true, ([one, other]) => [{ ...one, digest: 'z' }, other]),
    ({ history }) => {
      const read = history[6];
      if (read.type === 'read')
        history.splice(7, 0, { ...read, measurements: [{ ...read.measurements[0], state: 'queued' }] });
    },
    // The event stream has told of the end before.
    ({ history }) => {
      const [read] = history.splice(6, 1);
      if (read.type === 'read')
        history.splice(7, 0, { ...read, measurements: [{ ...read.measurements[0], state: 'running' }] });
    },
  ],
  wrongStopReason: [
    ({ history }) => {
      history[7] = { type: 'ended', at, batchId: 1, measurement: 1, stopReason: 'failed' };
    },
  ],
  lostCancellation: [
    ({ stored }) => {
      stored.batches[1].isCancelled = false;
    },
  ],
  unaskedCancellation: [
    ({ history }) => void history.splice(8, 2),
    // A network that was stopped after the end.
    (run) => {
      run.history.splice(8, 2);
      run.restrictions.push({ kind: 'target', subject: '2.0.0.1/32', atMs: 0 });
      run.history.push({ type: 'forbidding', at: 1_000, restriction: 2 });
    },
  ],
  unread: [({ history }) => void history.pop()],
  incompleteReading: [
    (run) => changeReading(run, true, (shown) => shown.slice(0, 1)),
    (run) => changeReading(run, true, ([one]) => [one, one]),
    (run) => changeReading(run, true, ([one, other]) => [one, { ...other, dst: PAIRS[0].dst }]),
  ],
  strangeProbe: [
    ({ stored }) => void stored.audited.push({ cause: 'measurement', causeId: 99, batchId: 1, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'measurement', causeId: 1, batchId: 2, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'unknown', causeId: 0, batchId: 0, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'atlasRun', causeId: 8, batchId: 0, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'agentTest', causeId: 1, batchId: 0, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'survey', causeId: 0, batchId: 0, probes: 1 }),
  ],
  unconfirmedRestriction: [
    ({ history }) =>
      void history.splice(
        history.findIndex(({ type }) => type === 'forbidden'),
        1,
      ),
  ],
  lostRestriction: [
    ({ stored }) => void stored.held?.pop(),
    ({ stored }) => {
      stored.held = [{ kind: 'optOut', subject: '3.0.1.0/24' }];
    },
    ({ history }) => void history.push({ type: 'absent', at: 70_600, restriction: 1 }),
  ],
  forbiddenProbe: [
    ({ stored }) => void stored.restricted.push({ restriction: 0, second: 33, probes: 1, example: LATE }),
    ({ stored }) => void stored.restricted.push({ restriction: 1, second: 69, probes: 1, example: LATE }),
    // A suspension that is over before, and one that is too short.
    ({ stored, suspended }) => {
      suspended.push({ from: 5_000, until: 12_000 }, { from: 13_000, until: 14_000 });
      stored.restricted.push({ restriction: 0, second: 34, probes: 1, example: LATE });
    },
  ],
  fewReached: [
    ({ stored }) => {
      stored.measurements[0].stopReason = 'failed';
    },
  ],
};

describe('the checker of fault tests', () => {
  it('names the kinds of restrictions about which a run, or several together, show nothing', () => {
    const reports = RESTRICTION_KINDS.map((kind) => ({ kind, probesBefore: 2 }));
    expect(untriedKinds(reports)).toEqual([]);
    expect(untriedKinds([])).toEqual([]);
    expect(untriedKinds(reports.slice(1))).toEqual(['optOut']);
    const untried = { kind: 'target', probesBefore: 0 } as const;
    expect(untriedKinds([untried, ...reports.slice(0, 1), ...reports.slice(2)])).toEqual(['target']);
    expect(untriedKinds([untried, ...reports])).toEqual([]);
  });

  it('finds nothing in a good run, and counts what happened', () => {
    expect(check(goodRun())).toEqual({
      plannedPairs: 4,
      acceptedBatches: 2,
      acceptedPairs: 4,
      endedPairs: 4,
      stopReasons: { reaches: 2, failed: 1, cancelled: 1 },
      repeatedRequests: 1,
      failedCalls: 1,
      auditedProbes: 47,
      reachedShare: 0.667,
      restrictions: [
        {
          ...{ kind: 'optOut', subject: '3.0.0.0/24', leftOut: 0, ends: {} },
          ...{ probesBefore: 3, probesMeanwhile: 2, probesTooLate: 0, probesAfter: 0 },
        },
        {
          ...{ kind: 'spoofing', subject: '', leftOut: 0, ends: {} },
          ...{ probesBefore: 4, probesMeanwhile: 0, probesTooLate: 0, probesAfter: 5 },
        },
      ],
      violations: [],
    });
  });

  for (const kind of Object.keys(VIOLATIONS).filter((name): name is ViolationKind => Object.hasOwn(BROKEN, name)))
    it(`finds ${kind}`, () => {
      for (const change of BROKEN[kind]) expect(found(change)).toContain(kind);
    });

  it('accepts what follows from an opt-out and from a kill switch: pairs left out, a batch refused, and measurements cancelled', () => {
    const run = goodRun();
    run.restrictions.push(
      { kind: 'optOut', subject: '2.0.0.2/32', atMs: 0 },
      { kind: 'target', subject: '2.0.0.1/32', atMs: 0 },
    );
    run.stored.held?.push({ kind: 'optOut', subject: '2.0.0.2/32' }, { kind: 'target', subject: '2.0.0.1/32' });
    run.stored.restricted.push(
      { restriction: 2, second: -1, probes: 1, example: '' },
      { restriction: 3, second: -1, probes: 1, example: '' },
    );
    run.planned.push({ ...run.planned[0], key: 'z', pairs: PAIRS.slice(1) });
    const [submitting] = run.history;
    run.history.unshift(
      ...[2, 3].flatMap((restriction) =>
        (['forbidding', 'forbidden'] as const).map((type) => ({ type, at: 0, restriction })),
      ),
      { ...submitting, type: 'submitting', user: 0, key: 'z', pairs: PAIRS.slice(1) },
      { type: 'refused', at, subject: 'batch with key z', key: 'z', code: 'invalidPairs' },
    );
    expect(check(run).violations).toEqual([]);
    const [, , optOut, target] = check(run).restrictions;
    expect([optOut.leftOut, optOut.ends, target.ends]).toEqual([
      1,
      { failed: 1, reaches: 1 },
      { reaches: 1, cancelled: 1 },
    ]);
    run.restrictions[2] = { kind: 'optOut', subject: '2.0.0.1/32', atMs: 0 };
    expect(check(run).violations.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['refused', 'unanswered']));
  });

  it('does not count the time in which a process was suspended', () => {
    const run = goodRun();
    run.suspended.push({ from: 13_000, until: 20_000 }, { from: 15_000, until: 18_000 });
    run.stored.restricted.push({ restriction: 0, second: 39, probes: 1, example: LATE });
    expect(check(run).violations).toEqual([]);
    run.stored.restricted.push({ restriction: 0, second: 40, probes: 1, example: LATE });
    expect(check(run).violations.map(({ kind }) => kind)).toEqual(['forbiddenProbe']);
  });

  it('counts the probes that a restriction is about', () => {
    const probes = new RestrictedProbes([
      { kind: 'optOut', subject: '3.0.0.0/24', atMs: 0 },
      { kind: 'vantagePoint', subject: '1.0.0.2', atMs: 0 },
      { kind: 'spoofing', subject: '', atMs: 0 },
      { kind: 'probing', subject: '', atMs: 0 },
    ]);
    const probe = { cause: 'measurement', causeId: 1, claimedSource: undefined } as const;
    const [one, two] = [parseIpv4('1.0.0.1'), parseIpv4('1.0.0.2')];
    probes.add({ ...probe, at: 5_999, sender: one, target: parseIpv4('3.0.0.9') });
    probes.add({ ...probe, at: 5_000, sender: two, target: parseIpv4('3.0.1.9'), claimedSource: one });
    probes.add({ ...probe, at: 6_000, sender: one, target: parseIpv4('3.0.0.8') });
    expect(probes.counts.map(({ restriction, second, probes }) => [restriction, second, probes])).toEqual([
      [0, 5, 1],
      [3, 5, 2],
      [1, 5, 1],
      [2, 5, 1],
      [0, 6, 1],
      [3, 6, 1],
    ]);
  });

  it('reads a history whose last line is cut short', () => {
    const [event] = goodRun().history;
    const line = JSON.stringify(event);
    expect(parseHistory(`${line}\n${line.slice(0, 20)}`)).toEqual([event]);
  });
});
