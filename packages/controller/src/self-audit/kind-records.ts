import {
  afterLifting,
  type HopKind,
  independenceOf,
  isAboveFloor,
  isBelowFloor,
  isStepKind,
  type KindEvidence,
  type KindState,
  memoryOf,
  NO_EVIDENCE,
  withOutcome,
} from '@revtr/engine';
import type { HopKindRow } from '@revtr/storage';
import type { Judgement } from './judge.ts';

/** Something that audits have shown about a kind of hop. */
export interface KindEvent {
  readonly type: 'degraded' | 'suspended' | 'released';
  readonly kind: HopKind;
  readonly evidence: KindEvidence;
}

/** The evidence that a row holds. */
export const evidenceOf = (row: HopKindRow): KindEvidence => ({
  recent: { weight: row.recent_weight, right: row.recent_right, claimed: row.recent_claimed },
  longTerm: { weight: row.long_weight, right: row.long_right, claimed: row.long_claimed },
});

/** What the engine is told about kinds. */
export const statesOf = (rows: readonly HopKindRow[]): ReadonlyMap<HopKind, KindState> =>
  new Map(rows.map((row) => [row.kind, { evidence: evidenceOf(row), isSuspended: row.suspended_at !== null }]));

const toColumns = ({ recent, longTerm }: KindEvidence) => ({
  recent_weight: recent.weight,
  recent_right: recent.right,
  recent_claimed: recent.claimed,
  long_weight: longTerm.weight,
  long_right: longTerm.right,
  long_claimed: longTerm.claimed,
});

const newRow = (kind: HopKind, now: Date): HopKindRow => ({
  kind,
  ...toColumns(NO_EVIDENCE),
  updated_at: now,
  suspended_at: null,
  lifted_at: null,
  told_at: null,
});

/** Operators are told of a kind that degrades at most once in this time, milliseconds. */
const TOLD_AGAIN_MS = 86_400_000;

/**
 * Adds the outcomes of an audit to the kinds, and suspends and releases kinds by what is known then. Returns the rows that change, and what
 * operators should know.
 */
export function addOutcomes(
  rows: readonly HopKindRow[],
  outcomes: Judgement['outcomes'],
  now: Date,
): { readonly rows: readonly HopKindRow[]; readonly events: readonly KindEvent[] } {
  const changed = new Map<HopKind, HopKindRow>();
  const events: KindEvent[] = [];
  for (const { kind, ...outcome } of outcomes) {
    const independence = independenceOf(kind);
    const row = changed.get(kind) ?? rows.find((known) => known.kind === kind) ?? newRow(kind, now);
    const { evidence, change } = withOutcome(evidenceOf(row), outcome, { independence, memory: memoryOf(kind) });
    let { suspended_at, told_at } = row;
    if (!isStepKind(kind)) {
      // It corrects confidences; there is nothing to tell or to suspend.
    } else if (suspended_at === null && isBelowFloor(evidence, independence)) {
      suspended_at = now;
      told_at = now;
      events.push({ type: 'suspended', kind, evidence });
    } else if (suspended_at !== null && isAboveFloor(evidence, independence)) {
      suspended_at = null;
      events.push({ type: 'released', kind, evidence });
    } else if (change === 'degraded' && (told_at === null || now.getTime() - told_at.getTime() >= TOLD_AGAIN_MS)) {
      told_at = now;
      events.push({ type: 'degraded', kind, evidence });
    }
    changed.set(kind, { ...row, ...toColumns(evidence), updated_at: now, suspended_at, told_at });
  }
  return { rows: [...changed.values()], events };
}

/** A kind whose suspension an operator has lifted: what recent audits showed counts no more. */
export const lifted = (row: HopKindRow, now: Date): HopKindRow => ({
  ...row,
  ...toColumns(afterLifting(evidenceOf(row))),
  suspended_at: null,
  lifted_at: now,
});
