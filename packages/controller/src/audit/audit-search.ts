import type { AuditBlocks, NumberRange, StoredAuditBlock } from '@revtr/storage';
import type { Logger } from 'pino';
import type { Candidate } from './audit-block.ts';
import { type AuditRecord, measurementOf } from './audit-record.ts';
import { readBlock } from './read-block.ts';

/** Which records to look for. What is left out does not matter. */
export interface AuditQuery {
  /** Milliseconds since the Unix epoch, both inclusive. */
  readonly from: number;
  readonly to: number;
  /** Lowest and highest target address. */
  readonly targets?: NumberRange | undefined;
  readonly measurement?: number | undefined;
  readonly batch?: number | undefined;
  /** A condition that the stored blocks know nothing about, so that it narrows the answer and not the search. */
  readonly matches?: (record: AuditRecord) => boolean;
  /** Most records to return. */
  readonly limit: number;
}

/** The answer to an {@link AuditQuery}. */
export interface AuditAnswer {
  /** Newest first. */
  readonly records: readonly AuditRecord[];
  /**
   * Time back to which the search went, milliseconds since the Unix epoch: later than `from` when there are more than `limit` records, or
   * when the search would have taken too long.
   */
  readonly since: number;
}

const BLOCKS_AT_ONCE = 64;
/** About a second of work. */
const MOST_BLOCKS_READ = 4_096;

/** Finds the newest records of a query among `fresh` ones and in stored blocks. */
export async function searchAudit(
  query: AuditQuery,
  fresh: readonly AuditRecord[],
  { blocks, log }: { readonly blocks: AuditBlocks; readonly log: Logger },
): Promise<AuditAnswer> {
  const { targets, measurement, batch, limit } = query;
  const range = { from: new Date(query.from), to: new Date(query.to), targets, measurement, batch };
  const isCandidate = candidateOf(query);
  const isWanted = conditionOf(query);
  let found = fresh.filter(isWanted);
  let last: StoredAuditBlock | undefined;
  for (let read = 0; read < MOST_BLOCKS_READ; read += BLOCKS_AT_ONCE) {
    const page = await blocks.find(range, BLOCKS_AT_ONCE, last);
    for (const block of page)
      for (const record of readBlock(block, log, isCandidate) ?? []) if (isWanted(record)) found.push(record);
    found = newest(found, limit);
    last = page.at(-1);
    if (last === undefined || page.length < BLOCKS_AT_ONCE) return answer(found, query.from, limit);
    // Blocks come by their newest record: those that are left hold nothing newer than the last one does.
    const horizon = last.to.getTime();
    if (found.length === limit && found[limit - 1].at > horizon) return answer(found, query.from, limit);
  }
  const horizon = last?.to.getTime() ?? query.from;
  return { records: found.filter(({ at }) => at >= horizon), since: horizon };
}

function answer(records: readonly AuditRecord[], from: number, limit: number): AuditAnswer {
  return { records, since: records.length < limit ? from : records[limit - 1].at };
}

/** Records of one millisecond have an order of their own, because equal questions must get equal answers. */
const newestFirst = (a: AuditRecord, b: AuditRecord): number =>
  b.at - a.at || a.target - b.target || a.sender - b.sender || a.causeId - b.causeId || a.mark - b.mark;

function newest(records: AuditRecord[], limit: number): AuditRecord[] {
  return records.sort(newestFirst).slice(0, limit);
}

function candidateOf({ from, to, targets, measurement, batch }: AuditQuery): Candidate {
  const { first, last } = targets ?? { first: 0, last: 0xffffffff };
  return (at, target, causeId, batchId) =>
    at >= from &&
    at <= to &&
    target >= first &&
    target <= last &&
    (measurement === undefined || causeId === measurement) &&
    (batch === undefined || batchId === batch);
}

function conditionOf(query: AuditQuery): (record: AuditRecord) => boolean {
  const { measurement, matches } = query;
  const isCandidate = candidateOf(query);
  return (record) =>
    isCandidate(record.at, record.target, record.causeId, record.batchId) &&
    (measurement === undefined || measurementOf(record) === measurement) &&
    (matches === undefined || matches(record));
}
