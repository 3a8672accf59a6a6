const ROWS_PER_INSERT = 2_000;

/** Rows as JSON texts for `jsonb_to_recordset`, none too large for one statement. */
export function* jsonRows(rows: readonly unknown[]): Generator<string> {
  for (let first = 0; first < rows.length; first += ROWS_PER_INSERT)
    yield JSON.stringify(rows.slice(first, first + ROWS_PER_INSERT));
}
