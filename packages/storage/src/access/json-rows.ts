import { toJson } from './text.ts';

const ROWS_PER_INSERT = 2_000;

/** Rows as JSON texts for `jsonb_to_recordset`, 2,000 rows each. @throws {StorageError} `badText` */
export function* jsonRows(rows: readonly unknown[]): Generator<string> {
  for (let first = 0; first < rows.length; first += ROWS_PER_INSERT)
    yield toJson(rows.slice(first, first + ROWS_PER_INSERT));
}
