import { type Kysely, sql } from 'kysely';
import { jsonRows } from '../access/json-rows.ts';
import { toJson } from '../access/text.ts';
import type { Schema } from '../schema/schema.ts';

/** One measurement to submit. */
export interface NewMeasurement {
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  /** Any value that JSON can represent; the runner of the measurement gets it back. */
  readonly options: unknown;
}

/** The batch whose measurements are queued. */
interface BatchToQueue {
  readonly batchId: number;
  readonly userId: number;
  /** Whether it is taken after the small batches of all users. */
  readonly isBulk: boolean;
  readonly now: Date;
}

/** Queues measurements. They begin where the user's other batches of the same kind are, for each source. */
export async function insertMeasurements(
  db: Kysely<Schema>,
  { batchId, userId, isBulk, now }: BatchToQueue,
  measurements: readonly NewMeasurement[],
): Promise<void> {
  const sources = [...new Set(measurements.map(({ source }) => source))];
  const { rows: starts } = await sql<{ source: string; turn: number }>`
    select source, coalesce(first_turn(source, ${userId}, ${isBulk}), 0) as turn
    from jsonb_array_elements_text(${toJson(sources)}::jsonb) as listed(source)`.execute(db);
  const turns = new Map(starts.map(({ source, turn }) => [source, turn]));
  const rows = measurements.map((row, position) => {
    const turn = turns.get(row.source) ?? 0;
    turns.set(row.source, turn + 1);
    return { ...row, position, turn };
  });
  for (const json of jsonRows(rows))
    await sql`
      with inserted as (
        insert into measurements
          (batch_id, user_id, position, turn, is_bulk, source, destination, label, options, state, created_at)
        select ${batchId}, ${userId}, position, turn, ${isBulk}, source, destination, label, options, 'queued', ${now}
        from jsonb_to_recordset(${json}::jsonb)
          as rows(position integer, turn bigint, source text, destination text, label text, options jsonb)
        returning id)
      update batches set first_id = coalesce(first_id, ids.first), last_id = ids.last
      from (select min(id) as first, max(id) as last from inserted) as ids
      where batches.id = ${batchId}`.execute(db);
}
