import type { Kysely } from 'kysely';
import type { Sought } from '../../cold/cold-footer.ts';
import type { ColdRow } from '../../cold/cold-row.ts';
import { type ColdStore, unreadable } from '../../cold/cold-store.ts';
import { coldFiles, existing } from '../../results/cold-rows.ts';
import { stopReasonOf, storedStopReasonOf } from '../../results/result-columns.ts';
import type { Schema } from '../../schema/schema.ts';
import { type IdRange, rangeAfter, rangeFrom } from '../id-range.ts';
import { type MeasurementFilter, meetsCommon } from '../measurement-filter.ts';
import type { SearchQuery, SearchStep, SourceSearch } from '../source-search.ts';

/** Files that a step looks at. */
const MOST_FILES = 8;

/**
 * Finds measurements whose results are in files. A step decodes one group of rows: the first that the filters of its columns do not rule out. Files
 * without results of the user are not opened.
 */
export function searchCold(
  { filter, order }: SearchQuery,
  { db, cold }: { readonly db: Kysely<Schema>; readonly cold: ColdStore | undefined },
): SourceSearch {
  const sought = soughtBy(filter);
  const step = async (range: IdRange): Promise<SearchStep> => {
    const within = {
      ...{ first: range.from, last: range.to - 1 },
      order: order === 'oldest' ? 'asc' : 'desc',
    } as const;
    let files = 0;
    for await (const file of coldFiles(db, { ...within, userId: filter.userId })) {
      const ofFile = { from: file.first_id, to: file.last_id + 1 };
      if (files++ === MOST_FILES) return { ids: [], rest: rangeFrom(range, ofFile, order) };
      if (cold === undefined) throw unreadable(file, 'noPlace');
      for await (const { rows, first, last } of cold.read(file, { ...within, sought })) {
        const found = rows.filter((row) => isFound(row, filter));
        const ids = found.length === 0 ? [] : (await existing(db, found)).map(({ id }) => id);
        return { ids, rest: rangeAfter(range, order === 'oldest' ? last : first, order) };
      }
    }
    return { ids: [], rest: undefined };
  };
  return { step };
}

function soughtBy({ userId, source, destination, label, asn, batchId }: MeasurementFilter): Sought[] {
  const sought: (Omit<Sought, 'value'> & { readonly value: Sought['value'] | undefined })[] = [
    { column: 'user_id', value: BigInt(userId) },
    { column: 'source', value: source },
    { column: 'destination', value: destination },
    { column: 'label', value: label },
    { column: 'networks', value: asn === undefined ? undefined : BigInt(asn) },
    { column: 'batch', value: batchId === undefined ? undefined : BigInt(batchId) },
  ];
  return sought.flatMap(({ column, value }) => (value === undefined ? [] : [{ column, value }]));
}

/** Whether a row meets all conditions. */
function isFound(row: ColdRow, filter: MeasurementFilter): boolean {
  const { asn, stopReason, batchId } = filter;
  return (
    meetsCommon(row, filter) &&
    (asn === undefined || row.networks.includes(asn)) &&
    (stopReason === undefined || row.stop_reason === stopReasonOf(storedStopReasonOf(stopReason))) &&
    (batchId === undefined || row.batch === batchId)
  );
}
