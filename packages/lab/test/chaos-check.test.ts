import { describe, expect, it } from 'vitest';
import { check, VIOLATIONS, type ViolationKind } from '../src/chaos/check/check.ts';
import { type ClientEvent, parseHistory } from '../src/chaos/check/history.ts';
import type { Stored } from '../src/chaos/check/stored.ts';

const PAIRS = [
  { src: '1.0.0.1', dst: '2.0.0.1' },
  { src: '1.0.0.1', dst: '2.0.0.2' },
  { src: '1.0.0.2', dst: '2.0.0.1' },
];

/** A run without a violation: batch 1 of user 0 ended, batch 2 of user 1 was cancelled in part, and a pair of it was rejected. */
function goodRun(): { history: ClientEvent[]; stored: Stored } {
  const shown = (id: number, pair: number, stopReason: string, digest: string) => ({
    ...{ id, ...PAIRS[pair], state: 'done', stopReason, digest },
  });
  const first = [shown(1, 0, 'reaches', 'a'), shown(2, 1, 'failed', 'b')];
  const second = [shown(3, 0, 'cancelled', 'c'), shown(4, 1, 'reaches', 'd')];
  const rejected: number[] = [];
  const at = 0;
  return {
    history: [
      { type: 'submitting', at, user: 0, key: 'x', pairs: PAIRS.slice(0, 2) },
      { type: 'failed', at, call: 'submit', code: 'unreachable', reason: 'the connection broke' },
      { type: 'accepted', at, user: 0, key: 'x', batchId: 1, rejected },
      { type: 'accepted', at, user: 0, key: 'x', batchId: 1, rejected },
      { type: 'submitting', at, user: 1, key: 'y', pairs: PAIRS },
      { type: 'accepted', at, user: 1, key: 'y', batchId: 2, rejected: [2] },
      { type: 'ended', at, batchId: 1, measurement: 1, stopReason: 'reaches' },
      { type: 'read', at, batchId: 1, isFinal: false, measurements: [first[0], { ...first[1], state: 'running' }] },
      { type: 'cancelling', at, batchId: 2 },
      { type: 'cancelled', at, batchId: 2, done: 1, cancelled: 1 },
      { type: 'read', at, batchId: 1, isFinal: true, measurements: first },
      { type: 'read', at, batchId: 2, isFinal: true, measurements: second },
    ],
    stored: {
      batches: [
        { id: 1, user: 'user0@example.org', size: 2, isCancelled: false },
        { id: 2, user: 'user1@example.org', size: 2, isCancelled: true },
      ],
      measurements: [
        { id: 1, batchId: 1, ...PAIRS[0], state: 'done', stopReason: 'reaches', endings: 1 },
        { id: 2, batchId: 1, ...PAIRS[1], state: 'done', stopReason: 'failed', endings: 1 },
        { id: 3, batchId: 2, ...PAIRS[0], state: 'done', stopReason: 'cancelled', endings: 1 },
        { id: 4, batchId: 2, ...PAIRS[1], state: 'done', stopReason: 'reaches', endings: 1 },
      ],
      audited: [
        { cause: 'measurement', causeId: 1, batchId: 1, probes: 40 },
        { cause: 'atlasRun', causeId: 7, batchId: 0, probes: 5 },
      ],
    },
  };
}

type Run = ReturnType<typeof goodRun>;

const found = (change: (run: Run) => void): ViolationKind[] => {
  const run = goodRun();
  change(run);
  return check(run.history, run.stored).violations.map(({ kind }) => kind);
};

/** Each kind of violation, and runs that contain it alone. */
const BROKEN: Record<ViolationKind, readonly ((run: Run) => void)[]> = {
  lostBatch: [
    ({ stored }) => {
      stored.batches.splice(0, 1);
      stored.measurements.splice(0, 2);
      stored.audited.splice(0, 1);
      // Nothing is compared with what is not there, apart from the batch.
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
    ({ stored, history }) => {
      const read = history[10];
      if (read.type === 'read') history[10] = { ...read, measurements: read.measurements.slice(0, 1) };
      stored.measurements[1] = { ...stored.measurements[1], state: 'running', stopReason: null, endings: 0 };
    },
  ],
  endedTwice: [
    ({ stored }) => {
      stored.measurements[1].endings = 2;
    },
  ],
  duplicateBatch: [
    ({ stored }) => void stored.batches.push({ id: 3, user: 'user0@example.org', size: 2, isCancelled: false }),
  ],
  keyReused: [
    ({ history, stored }) => {
      history.splice(4, 0, { type: 'accepted', at: 0, user: 0, key: 'x', batchId: 3, rejected: [] });
      history.push({ type: 'read', at: 0, batchId: 3, isFinal: true, measurements: [] });
      stored.batches.push({ id: 3, user: 'user0@example.org', size: 2, isCancelled: false });
      for (const [i, pair] of PAIRS.slice(0, 2).entries())
        stored.measurements.push({ id: 5 + i, batchId: 3, ...pair, state: 'done', stopReason: 'reaches', endings: 1 });
    },
  ],
  orphan: [({ stored }) => void stored.measurements.push({ ...stored.measurements[0], id: 9, batchId: null })],
  changedResult: [
    ({ history }) => {
      const read = history[10];
      if (read.type === 'read')
        history[10] = { ...read, measurements: [{ ...read.measurements[0], digest: 'z' }, read.measurements[1]] };
    },
    ({ history }) => {
      const read = history[7];
      if (read.type === 'read')
        history.splice(8, 0, { ...read, measurements: [{ ...read.measurements[0], state: 'queued' }] });
    },
  ],
  wrongStopReason: [
    ({ history }) => {
      history[6] = { type: 'ended', at: 0, batchId: 1, measurement: 1, stopReason: 'failed' };
    },
  ],
  lostCancellation: [
    ({ stored }) => {
      stored.batches[1].isCancelled = false;
    },
  ],
  unaskedCancellation: [({ history }) => void history.splice(8, 2)],
  refused: [
    ({ history }) => {
      history.push({ type: 'submitting', at: 0, user: 0, key: 'z', pairs: PAIRS });
      history.push({ type: 'refused', at: 0, user: 0, key: 'z', code: 'notFound' });
    },
  ],
  unread: [({ history }) => void history.pop()],
  strangeProbe: [
    ({ stored }) => void stored.audited.push({ cause: 'measurement', causeId: 99, batchId: 1, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'measurement', causeId: 1, batchId: 2, probes: 1 }),
    ({ stored }) => void stored.audited.push({ cause: 'unknown', causeId: 0, batchId: 0, probes: 1 }),
  ],
};

describe('the checker of fault tests', () => {
  it('finds nothing in a good run, and counts what happened', () => {
    const { history, stored } = goodRun();
    expect(check(history, stored)).toEqual({
      acceptedBatches: 2,
      acceptedPairs: 4,
      endedPairs: 4,
      cancelledPairs: 1,
      repeatedRequests: 1,
      failedCalls: 1,
      auditedProbes: 45,
      violations: [],
    });
  });

  for (const kind of Object.keys(VIOLATIONS).filter((name): name is ViolationKind => Object.hasOwn(BROKEN, name)))
    it(`finds ${kind}`, () => {
      for (const change of BROKEN[kind]) {
        const kinds = found(change);
        expect(kinds).toContain(kind);
      }
    });

  it('reads a history whose last line is cut short', () => {
    const [event] = goodRun().history;
    const line = JSON.stringify(event);
    expect(parseHistory(`${line}\n${line.slice(0, 20)}`)).toEqual([event]);
  });
});
