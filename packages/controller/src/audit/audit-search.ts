import type { AuditBlocks, NumberRange } from '@revtr/storage';
import type { Logger } from 'pino';
import type { Candidate } from './audit-block.ts';
import { type AuditRecord, measurementOf } from './audit-record.ts';
import { readBlock } from './read-block.ts';
import { BLOCKS_AT_ONCE, readListed, undisturbed } from './undisturbed.ts';

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

/** About a second of work. */
const MOST_BLOCKS_READ = 4_096;

/**
 * Finds the newest records of a query among `fresh` ones and in stored blocks.
 * @throws {ControllerError} `upstreamFailed` when blocks are replaced too often
 */
export function searchAudit(
  query: AuditQuery,
  fresh: readonly AuditRecord[],
  collaborators: { readonly blocks: Pick<AuditBlocks, 'list' | 'read'>; readonly log: Logger },
): Promise<AuditAnswer> {
  return undisturbed(() => searchOnce(query, fresh, collaborators));
}

/** `undefined` when blocks of the query were replaced or deleted before they were read. */
async function searchOnce(
  query: AuditQuery,
  fresh: readonly AuditRecord[],
  { blocks, log }: Parameters<typeof searchAudit>[2],
): Promise<AuditAnswer | undefined> {
  const { targets, measurement, batch, limit } = query;
  const range = { from: new Date(query.from), to: new Date(query.to), targets, measurement, batch };
  const isCandidate = candidateOf(query);
  const isWanted = conditionOf(query);
  let found = newest(fresh.filter(isWanted), limit);
  const listed = await blocks.list(range, MOST_BLOCKS_READ + 1);
  for (let first = 0; first < listed.length; first += BLOCKS_AT_ONCE) {
    // Blocks come by their newest record: those that are left hold nothing newer than the next one does.
    const horizon = listed[first].to.getTime();
    if (found.length === limit && found[limit - 1].at > horizon) break;
    if (first >= MOST_BLOCKS_READ) return { records: found.filter(({ at }) => at >= horizon), since: horizon };
    const page = await readListed(listed, first, blocks);
    if (page === undefined) return undefined;
    for (const block of page)
      for (const record of readBlock(block, log, isCandidate) ?? []) if (isWanted(record)) found.push(record);
    found = newest(found, limit);
  }
  return { records: found, since: found.length < limit ? query.from : found[limit - 1].at };
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
