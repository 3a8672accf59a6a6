import type { AuditRecord } from './audit-record.ts';

/** What was sent to a network, for the answer to a complaint. */
export interface ProbeSummary {
  readonly probes: number;
  readonly packets: number;
  readonly byAgent: ReadonlyMap<number, number>;
  readonly byUser: ReadonlyMap<number, number>;
  readonly byTarget: ReadonlyMap<number, number>;
}

/** Counts probes by agent, user (0: none) and target. */
export function summarize(records: readonly AuditRecord[]): ProbeSummary {
  const [byAgent, byUser, byTarget] = [new Map<number, number>(), new Map<number, number>(), new Map<number, number>()];
  const count = (counts: Map<number, number>, key: number): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  let packets = 0;
  for (const record of records) {
    packets += record.packets;
    count(byAgent, record.sender);
    count(byUser, record.userId);
    count(byTarget, record.target);
  }
  return { probes: records.length, packets, byAgent, byUser, byTarget };
}
