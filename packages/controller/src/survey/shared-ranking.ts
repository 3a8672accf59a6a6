import type { Bus, Topic } from '@revtr/bus';
import type { IngressRanking, RankingRecord } from '@revtr/engine';
import { addressSchema } from '@revtr/link';
import { z } from 'zod';

const recordSchema = z.object({
  level: z.enum(['prefix', 'network']),
  key: z.number(),
  sender: addressSchema,
  distance: z.number(),
  count: z.int(),
  at: z.number(),
  ingresses: z.array(addressSchema).max(64),
});
/** Records in one message. */
const MOST_RECORDS = 1_000;
const rankingTopic: Topic<RankingRecord[]> = {
  name: 'ranking',
  schema: z.array(recordSchema).max(MOST_RECORDS),
  mostBytes: 512 * 1_024,
};

/** Tells the other processes what this one has learned about vantage points. */
export function tellRanking(bus: Bus, records: readonly RankingRecord[]): void {
  for (let at = 0; at < records.length; at += MOST_RECORDS)
    bus.publish(
      rankingTopic,
      records.slice(at, at + MOST_RECORDS).map((record) => ({ ...record, ingresses: record.ingresses.slice(0, 64) })),
    );
}

/**
 * Takes over what other processes have learned about vantage points: the latest message about a vantage point and a network holds. `reread` is
 * called when messages were missed. Returns how to stop.
 */
export const followRanking = (bus: Bus, ranking: IngressRanking, reread: () => Promise<void>): (() => void) =>
  bus.subscribe(rankingTopic, { onMessage: (records) => ranking.restore(records), onGap: reread });
