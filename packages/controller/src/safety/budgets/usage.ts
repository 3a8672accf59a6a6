import { BUDGET_KINDS, type BudgetKind } from '@revtr/probing';
import type { BudgetGuard } from './budget-guard.ts';
import type { StoredCounts } from './count-table.ts';
import { formatSubject } from './subjects.ts';

/** How much of its daily budgets a subject has used. */
export interface Usage {
  readonly kind: BudgetKind;
  readonly subject: string;
  readonly packets: number;
  readonly optionPackets: number;
  /** Part of the daily limit that is used: of the limit that is closer. 1 when nothing is left. */
  readonly share: number;
}

/** For each kind, the subjects closest to a daily limit, closest first; at most `most` of each kind. */
export function closestToLimits(guard: BudgetGuard, most: number): Usage[] {
  return BUDGET_KINDS.flatMap((kind) => {
    const { packetsPerDay, optionPacketsPerDay } = guard.settings[kind];
    const closest: { readonly counts: StoredCounts; readonly share: number }[] = [];
    for (const counts of guard.tables[kind].subjects()) {
      const share = Math.max(counts.packets / packetsPerDay, counts.optionPackets / optionPacketsPerDay);
      if (closest.length >= most && share <= closest[closest.length - 1].share) continue;
      const position = closest.findIndex((other) => other.share < share);
      closest.splice(position < 0 ? closest.length : position, 0, { counts, share });
      if (closest.length > most) closest.pop();
    }
    return closest.map(({ counts: { key, packets, optionPackets }, share }) => ({
      kind,
      subject: formatSubject(kind, key),
      packets,
      optionPackets,
      share: Math.round(share * 1000) / 1000,
    }));
  });
}
