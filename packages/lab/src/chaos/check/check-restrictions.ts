import { type PlannedRestriction, RESTRICTION_KINDS, type RestrictionKind } from '../plan/restrictions.ts';
import type { Span } from '../span.ts';
import type { ClientEvent } from './history.ts';
import { pairsOf, type RestrictedPairs } from './restricted-pairs.ts';
import type { Restrictions } from './restrictions.ts';
import type { Stored } from './stored.ts';
import type { AddViolation } from './violations.ts';

/** What became of one restriction. */
export interface RestrictionReport extends RestrictedPairs {
  readonly kind: RestrictionKind;
  readonly subject: string;
  /** Audited probes that it is about: before the operator asked for it, from then until all had to know it, while it held, and later. */
  readonly probesBefore: number;
  readonly probesMeanwhile: number;
  readonly probesTooLate: number;
  readonly probesAfter: number;
}

/**
 * The longest time from the answer to an operator until no forbidden probe leaves, milliseconds. docs/cluster.md promises 16 s: what a process needs that
 * hears neither the database nor the bus. The rest is for the load of the machine, the clocks of processes, and for seconds, in which probes are counted.
 */
const MOST_DELAY_MS = 20_000;

/**
 * Every restriction was confirmed and is known until the operator asks for its end, and no probe that it forbids left later than {@link MOST_DELAY_MS} after the confirmation and before the operator
 * asked for its end. A process that is suspended learns nothing: that time does not count.
 */
export function checkRestrictions(
  restrictions: Restrictions,
  {
    history,
    stored,
    suspended,
  }: { readonly history: readonly ClientEvent[]; readonly stored: Stored; readonly suspended: readonly Span[] },
  add: AddViolation,
): RestrictionReport[] {
  const probesOf = Map.groupBy(stored.restricted, ({ restriction }) => restriction);
  return restrictions.planned.map((planned, i) => {
    const { forbidding, forbidden, allowing = Number.POSITIVE_INFINITY } = restrictions.asked(i);
    if (forbidden === undefined) add('unconfirmedRestriction', nameOf(planned));
    else if (isLost(i, restrictions, { history, stored })) add('lostRestriction', nameOf(planned));
    const counts = { probesBefore: 0, probesMeanwhile: 0, probesTooLate: 0, probesAfter: 0 };
    for (const { second, probes, example } of probesOf.get(i) ?? []) {
      const [begin, end] = [second * 1_000, (second + 1) * 1_000];
      if (forbidding === undefined || end <= forbidding) counts.probesBefore += probes;
      else if (end > allowing) counts.probesAfter += probes;
      else if (forbidden === undefined || begin - forbidden - timeIn(suspended, forbidden, begin) <= MOST_DELAY_MS)
        counts.probesMeanwhile += probes;
      else {
        counts.probesTooLate += probes;
        const seconds = Math.round((begin - forbidden) / 1_000);
        add('forbiddenProbe', `${nameOf(planned)}: ${probes} probes ${seconds} s after the answer, of ${example}`);
      }
    }
    return { kind: planned.kind, subject: planned.subject, ...counts, ...pairsOf(restrictions, i, history) };
  });
}

/** Whether the server does not know a restriction that it has confirmed, when the operator asks for its end, or at the end of the run. */
function isLost(
  restriction: number,
  restrictions: Restrictions,
  { history, stored }: { readonly history: readonly ClientEvent[]; readonly stored: Stored },
): boolean {
  if (restrictions.asked(restriction).allowing !== undefined)
    return history.some((event) => event.type === 'absent' && event.restriction === restriction);
  const { kind, subject } = restrictions.planned[restriction];
  return stored.held?.every((held) => held.kind !== kind || held.subject !== subject) === true;
}

/**
 * Kinds of restrictions about which nothing was shown, because there was none, or no probe that they forbid had left before. None for runs without
 * restrictions.
 */
export function untriedKinds(reports: readonly Pick<RestrictionReport, 'kind' | 'probesBefore'>[]): RestrictionKind[] {
  if (reports.length === 0) return [];
  const tried = new Set(reports.flatMap(({ kind, probesBefore }) => (probesBefore > 0 ? [kind] : [])));
  return RESTRICTION_KINDS.filter((kind) => !tried.has(kind));
}

const nameOf = ({ kind, subject }: PlannedRestriction): string => `${kind} ${subject}`.trim();

/** How much of a time lies in spans, which may overlap, milliseconds. */
function timeIn(spans: readonly Span[], from: number, until: number): number {
  let sum = 0;
  let at = from;
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const end = Math.min(span.until, until);
    sum += Math.max(0, end - Math.max(at, span.from));
    at = Math.max(at, end);
  }
  return sum;
}
