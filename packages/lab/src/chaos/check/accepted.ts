import { parseIpv4 } from '@revtr/net';
import type { Pair, PlannedBatch } from '../plan/batches.ts';
import type { ClientEvent } from './history.ts';
import type { Restrictions } from './restrictions.ts';
import type { AddViolation } from './violations.ts';

/** A batch as its client knows it. */
export interface AcceptedBatch {
  readonly batchId: number;
  readonly user: number;
  /** The pairs that the server accepted. */
  readonly pairs: readonly Pair[];
}

type Accepted = Extract<ClientEvent, { type: 'accepted' }>;

/**
 * The accepted batches by id. Finds planned batches that were not submitted or not answered, and answers that differ or are wrong. A pair whose
 * destination has opted out may be left out, and a batch of such pairs refused.
 */
export function acceptedBatches(
  planned: readonly PlannedBatch[],
  history: readonly ClientEvent[],
  restrictions: Restrictions,
  add: AddViolation,
): ReadonlyMap<number, AcceptedBatch> {
  const submitted = new Map<string, readonly Pair[]>();
  const answers = new Map<string, Accepted>();
  const accepted = new Map<number, AcceptedBatch>();
  const refused = new Set<string>();
  const hasOptedOut = (pair: Pair | undefined, by: number): boolean =>
    pair !== undefined && restrictions.find('optOut', parseIpv4(pair.dst), by) !== undefined;
  for (const event of history) {
    if (event.type === 'submitting') submitted.set(event.key, event.pairs);
    if (event.type === 'refused') {
      const { key = '', subject, code, at } = event;
      const pairs = submitted.get(key);
      if (code === 'invalidPairs' && pairs?.every((pair) => hasOptedOut(pair, at)) === true) refused.add(key);
      else add('refused', `${subject}: ${code}`);
    }
    if (event.type !== 'accepted') continue;
    const { key, batchId, user, rejected, at } = event;
    const first = answers.get(key);
    const wrong = rejected.filter(
      ({ index, code }) => code !== 'destinationOptedOut' || !hasOptedOut(submitted.get(key)?.[index], at),
    );
    if (first === undefined) for (const { index, code } of wrong) add('leftOut', `pair ${index} of ${key}: ${code}`);
    else if (answerOf(first) !== answerOf(event))
      add('keyReused', `key ${key}: batches ${first.batchId} and ${batchId}`);
    answers.set(key, first ?? event);
    const left = new Set(rejected.map(({ index }) => index));
    accepted.set(batchId, { batchId, user, pairs: (submitted.get(key) ?? []).filter((_, i) => !left.has(i)) });
  }
  for (const { key } of planned) {
    if (!submitted.has(key)) add('unsubmitted', `key ${key}`);
    else if (!answers.has(key) && !refused.has(key)) add('unanswered', `key ${key}`);
  }
  return accepted;
}

const answerOf = ({ batchId, rejected }: Accepted): string => JSON.stringify([batchId, rejected]);
