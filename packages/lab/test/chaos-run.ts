import type { ClientEvent } from '../src/chaos/check/history.ts';
import type { Stored } from '../src/chaos/check/stored.ts';
import type { PlannedBatch } from '../src/chaos/plan/batches.ts';
import type { PlannedRestriction } from '../src/chaos/plan/restrictions.ts';
import type { Span } from '../src/chaos/span.ts';

export const PAIRS = [
  { src: '1.0.0.1', dst: '2.0.0.1' },
  { src: '1.0.0.1', dst: '2.0.0.2' },
];

/** What was planned, told and stored in a run. */
export interface Run {
  planned: PlannedBatch[];
  restrictions: PlannedRestriction[];
  suspended: Span[];
  history: ClientEvent[];
  stored: Stored;
}

/** A run without a violation: batch 1 of user 0 ended, and batch 2 of user 1 was cancelled when one of its measurements had ended. */
export function goodRun(): Run {
  const planned = (key: string, user: number): PlannedBatch => ({
    ...{ key, user, atMs: 0, pairs: PAIRS, isRepeated: user === 0, isFollowed: true },
    ...(user === 1 && { cancelAfterMs: 10 }),
  });
  const shown = (id: number, pair: number, stopReason: string, digest: string) => ({
    ...{ id, ...PAIRS[pair], state: 'done', stopReason, digest },
  });
  const first = [shown(1, 0, 'reaches', 'a'), shown(2, 1, 'failed', 'b')];
  const second = [shown(3, 0, 'cancelled', 'c'), shown(4, 1, 'reaches', 'd')];
  const rejected: never[] = [];
  const at = 0;
  return {
    planned: [planned('x', 0), planned('y', 1)],
    restrictions: [
      { kind: 'optOut', subject: '3.0.0.0/24', atMs: 0 },
      { kind: 'spoofing', subject: '', atMs: 0, liftAfterMs: 50_000 },
    ],
    suspended: [],
    history: [
      { type: 'submitting', at, user: 0, key: 'x', pairs: PAIRS },
      { type: 'failed', at, call: 'submit', code: 'unreachable', reason: 'the connection broke' },
      { type: 'accepted', at, user: 0, key: 'x', batchId: 1, rejected },
      { type: 'accepted', at, user: 0, key: 'x', batchId: 1, rejected },
      { type: 'submitting', at, user: 1, key: 'y', pairs: PAIRS },
      { type: 'accepted', at, user: 1, key: 'y', batchId: 2, rejected },
      { type: 'read', at, batchId: 1, isFinal: false, measurements: [first[0], { ...first[1], state: 'running' }] },
      { type: 'ended', at, batchId: 1, measurement: 1, stopReason: 'reaches' },
      { type: 'cancelling', at, batchId: 2 },
      { type: 'cancelled', at, batchId: 2, done: 1, cancelled: 1 },
      { type: 'forbidding', at: 10_000, restriction: 0 },
      { type: 'forbidden', at: 12_000, restriction: 0 },
      { type: 'forbidding', at: 20_000, restriction: 1 },
      { type: 'forbidden', at: 20_500, restriction: 1 },
      { type: 'allowing', at: 70_500, restriction: 1 },
      { type: 'allowed', at: 71_000, restriction: 1 },
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
        { cause: 'agentTest', causeId: 0x01000001, batchId: 0, probes: 2 },
      ],
      senders: [{ address: '1.0.0.1', probes: 47 }],
      restricted: [
        { restriction: 0, second: 9, probes: 3, example: 'measurement 1: 1.0.0.1 to 3.0.0.9' },
        { restriction: 0, second: 32, probes: 2, example: 'measurement 1: 1.0.0.1 to 3.0.0.9' },
        { restriction: 1, second: 5, probes: 4, example: 'measurement 2: 1.0.0.1 to 2.0.0.9' },
        { restriction: 1, second: 70, probes: 5, example: 'measurement 2: 1.0.0.1 to 2.0.0.9' },
      ],
      atlasRuns: [7],
      held: [{ kind: 'optOut', subject: '3.0.0.0/24' }],
      agents: ['1.0.0.1'],
    },
  };
}
