import { setImmediate } from 'node:timers/promises';
import type { AuditBlocks } from '@revtr/storage';
import type { Logger } from 'pino';
import type { Turns } from '../foundation/turns.ts';
import type { AuditRecord } from './audit-record.ts';
import { readBlock } from './read-block.ts';
import { toBlocks } from './to-blocks.ts';

/** Records that are merged at once; they are in memory together, about 50 MB. */
const MOST_MERGED = 200_000;
/** Small blocks are merged when there are so many of them or of their records. */
const MOST_SMALL_BLOCKS = 256;
const BLOCKS_AT_ONCE = 1_000;

/**
 * Merges blocks of level 0 into blocks sorted by target. A merge of few records leaves blocks of level 0, which are merged again when more
 * has come. Damaged blocks stay as they are. Blocks are replaced in one of the `turns`, so that no search of this process has to begin again.
 */
export async function mergeBlocks(
  { blocks, log, turns }: { readonly blocks: AuditBlocks; readonly log: Logger; readonly turns: Turns },
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    const small = await blocks.small();
    const isDue = small.records >= MOST_MERGED || small.blocks >= MOST_SMALL_BLOCKS;
    if (!isDue || signal?.aborted) return;
    const taken = await blocks.oldestSmall(BLOCKS_AT_ONCE);
    const records: AuditRecord[] = [];
    const merged: number[] = [];
    const damaged: number[] = [];
    for (const block of taken) {
      if (records.length >= MOST_MERGED) break;
      const read = readBlock(block, log);
      for (const record of read ?? []) records.push(record);
      (read === undefined ? damaged : merged).push(block.id);
      if (merged.length % 16 === 0) await setImmediate();
    }
    await blocks.setAside(damaged);
    // When another process has replaced some of them, the next round sees what it left.
    const replacement = await toBlocks(records, records.length >= MOST_MERGED / 2 ? 1 : 0);
    await turns.take(() => blocks.replace(merged, replacement));
  }
}
