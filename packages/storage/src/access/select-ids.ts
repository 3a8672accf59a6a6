import { type RawBuilder, sql } from 'kysely';

/** Selects ids that are passed as one parameter: a statement has a limit on the number of its parameters. */
export const selectIds = (ids: readonly number[]): RawBuilder<unknown> =>
  sql`select jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb)::bigint`;
