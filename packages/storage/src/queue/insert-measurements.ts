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

/** A batch whose measurements are queued. */
interface BatchToQueue {
  readonly id: number;
  readonly userId: number;
  /** Whether it is taken after the small batches of all users. */
  readonly isBulk: boolean;
  readonly createdAt: Date;
  readonly measurements: readonly NewMeasurement[];
}

/** A part of the queue: what a user has waiting for a source in batches of one kind. */
interface Flow {
  readonly source: string;
  readonly userId: number;
  readonly isBulk: boolean;
}

const keyOf = ({ source, userId, isBulk }: Flow): string => `${userId} ${isBulk} ${source}`;

/** Queues the measurements of batches. They begin where the user's other batches of the same kind are, for each source. */
export async function insertMeasurements(db: Kysely<Schema>, batches: readonly BatchToQueue[]): Promise<void> {
  const listed = batches.flatMap((batch) =>
    batch.measurements.map((measurement, position) => ({ batch, measurement, position })),
  );
  const turns = await firstTurns(
    db,
    listed.map(({ batch: { userId, isBulk }, measurement: { source } }) => ({ source, userId, isBulk })),
  );
  const rows = listed.map(({ batch: { id, userId, isBulk, createdAt }, measurement, position }) => {
    const flow = keyOf({ source: measurement.source, userId, isBulk });
    const turn = turns.get(flow) ?? 0;
    turns.set(flow, turn + 1);
    return { ...measurement, batchId: id, userId, isBulk, createdAt, position, turn };
  });
  for (const json of jsonRows(rows))
    await sql`
      with inserted as (
        insert into measurements
          (batch_id, user_id, position, turn, is_bulk, source, destination, label, options, state, created_at)
        select "batchId", "userId", position, turn, "isBulk", source, destination, label, options, 'queued', "createdAt"
        from jsonb_to_recordset(${json}::jsonb)
          as rows("batchId" bigint, "userId" bigint, position integer, turn bigint, "isBulk" boolean, source text,
            destination text, label text, options jsonb, "createdAt" timestamptz)
        returning id, batch_id)
      update batches set first_id = coalesce(first_id, ids.first), last_id = ids.last
      from (select batch_id, min(id) as first, max(id) as last from inserted group by batch_id) as ids
      where batches.id = ids.batch_id`.execute(db);
}

/** The turns with which measurements in these flows begin. */
async function firstTurns(db: Kysely<Schema>, flows: readonly Flow[]): Promise<Map<string, number>> {
  const different = [...new Map(flows.map((flow) => [keyOf(flow), flow])).values()];
  const { rows } = await sql<Flow & { readonly turn: number }>`
    select source, "userId", "isBulk", coalesce(first_turn(source, "userId", "isBulk"), 0) as turn
    from jsonb_to_recordset(${toJson(different)}::jsonb) as flows(source text, "userId" bigint, "isBulk" boolean)`.execute(
    db,
  );
  return new Map(rows.map(({ turn, ...flow }) => [keyOf(flow), turn]));
}
