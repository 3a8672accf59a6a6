import { setImmediate } from 'node:timers/promises';
import type { NewAuditBlock, NumberRange } from '@revtr/storage';
import { byTargetAndTime, encodeBlock, MOST_RECORDS } from './audit-block.ts';
import { type AuditRecord, measurementOf } from './audit-record.ts';

/** Sorts records by target and time and packs them into blocks. Lets other work run after each block. */
export async function toBlocks(records: readonly AuditRecord[], level: 0 | 1): Promise<NewAuditBlock[]> {
  const sorted = [...records].sort(byTargetAndTime);
  const blocks: NewAuditBlock[] = [];
  for (let first = 0; first < sorted.length; first += MOST_RECORDS) {
    if (first > 0) await setImmediate();
    blocks.push(toBlock(sorted.slice(first, first + MOST_RECORDS), level));
  }
  return blocks;
}

function toBlock(records: readonly AuditRecord[], level: 0 | 1): NewAuditBlock {
  const times = rangeOf(records.map(({ at }) => at)) ?? { first: 0, last: 0 };
  return {
    level,
    from: new Date(times.first),
    to: new Date(times.last),
    targets: { first: records[0].target, last: records[records.length - 1].target },
    measurements: rangeOf(records.flatMap((record) => measurementOf(record) ?? [])),
    batches: rangeOf(records.flatMap(({ batchId }) => (batchId === 0 ? [] : batchId))),
    records: records.length,
    data: encodeBlock(records),
  };
}

function rangeOf(values: readonly number[]): NumberRange | undefined {
  return values.length === 0 ? undefined : { first: Math.min(...values), last: Math.max(...values) };
}
