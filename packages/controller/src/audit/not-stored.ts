import type { AuditBlocks } from '@revtr/storage';
import type { Logger } from 'pino';
import type { AuditRecord } from './audit-record.ts';
import { RECORD_BYTES, writeRecord } from './journal-record.ts';
import { readBlock } from './read-block.ts';
import { BLOCKS_AT_ONCE, readListed, undisturbed } from './undisturbed.ts';

/** Ten million records: far more than a process keeps in its journal. */
const MOST_BLOCKS = 10_000;

/**
 * Those of `records` that the database does not have: equal records count as often as they occur.
 * @throws {ControllerError} `upstreamFailed` when other processes replace blocks too often
 */
export async function notStored(
  records: readonly AuditRecord[],
  collaborators: { readonly blocks: Pick<AuditBlocks, 'list' | 'read'>; readonly log: Logger },
): Promise<AuditRecord[]> {
  const stored = await undisturbed(() => countStored(records, collaborators));
  return records.filter((record) => {
    const key = keyOf(record);
    const count = stored.get(key) ?? 0;
    if (count > 0) stored.set(key, count - 1);
    return count === 0;
  });
}

/**
 * How often each record occurs in the blocks that may hold some of `records`. `undefined` when blocks were replaced or deleted before they were
 * read.
 */
async function countStored(
  records: readonly AuditRecord[],
  { blocks, log }: Parameters<typeof notStored>[1],
): Promise<Map<string, number> | undefined> {
  const counts = new Map(records.map((record) => [keyOf(record), 0]));
  let [from, to] = [Number.POSITIVE_INFINITY, 0];
  for (const { at } of records) [from, to] = [Math.min(from, at), Math.max(to, at)];
  const listed = await blocks.list({ from: new Date(from), to: new Date(to) }, MOST_BLOCKS);
  for (let first = 0; first < listed.length; first += BLOCKS_AT_ONCE) {
    const page = await readListed(listed, first, blocks);
    if (page === undefined) return undefined;
    for (const block of page)
      for (const record of readBlock(block, log, (at) => at >= from && at <= to) ?? []) {
        const key = keyOf(record);
        const count = counts.get(key);
        if (count !== undefined) counts.set(key, count + 1);
      }
  }
  return counts;
}

const keyBuffer = Buffer.alloc(RECORD_BYTES);

function keyOf(record: AuditRecord): string {
  writeRecord(record, keyBuffer, 0);
  return keyBuffer.toString('latin1');
}
