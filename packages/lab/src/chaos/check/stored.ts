import { decodeAuditBlock } from '@revtr/controller';
import { z } from 'zod';

/** Runs SQL and returns a text for each row. */
export interface Sql {
  query(sql: string): Promise<string[]>;
}

const batchSchema = z.object({ id: z.int(), user: z.string(), size: z.int(), isCancelled: z.boolean() });
const measurementSchema = z.object({
  id: z.int(),
  /** Null when the batch does not exist. */
  batchId: z.int().nullable(),
  src: z.string(),
  dst: z.string(),
  state: z.string(),
  stopReason: z.string().nullable(),
  /** How often the row was written with the state `done`. */
  endings: z.int(),
});
const causeSchema = z.object({
  cause: z.string(),
  /** The measurement, atlas run or other work. */
  causeId: z.int(),
  /** 0 where there is none. */
  batchId: z.int(),
  probes: z.int(),
});

/** What the database holds after a run. */
const storedSchema = z.object({
  batches: z.array(batchSchema),
  measurements: z.array(measurementSchema),
  /** What the audited probes were sent for. */
  audited: z.array(causeSchema),
});
export type Stored = z.infer<typeof storedSchema>;

/** Counts from now on, outside of the controller, how often each measurement ends. */
export async function watchEndings(sql: Sql): Promise<void> {
  await sql.query('create table chaos_endings (id bigint not null)');
  await sql.query(`
    create function chaos_count_ending() returns trigger language plpgsql as $$
      begin
        insert into chaos_endings values (new.id);
        return new;
      end $$`);
  const event = (await hasResultTable(sql)) ? 'insert or update on results' : 'update on measurements';
  const condition = (await hasResultTable(sql)) ? '' : `when (new.state = 'done')`;
  await sql.query(`
    create trigger chaos_count_endings after ${event} for each row ${condition} execute function chaos_count_ending()`);
}

/** Reads what the database holds. The users of a run have the addresses `user0@example.org`, `user1@example.org`, …. */
export async function readStored(sql: Sql): Promise<Stored> {
  const batches = await rows(
    sql,
    batchSchema,
    `select json_build_object('id', batches.id, 'user', users.email, 'size', size, 'isCancelled', cancelled_at is not null)
     from batches join users on users.id = user_id order by batches.id`,
  );
  const measurements = await rows(
    sql,
    measurementSchema,
    `select json_build_object('id', id, 'batchId', (select batches.id from batches where batches.id = batch_id),
       'src', source, 'dst', destination, 'state', state, 'stopReason', stop_reason, 'endings', coalesce(endings, 0))
     from (${(await hasResultTable(sql)) ? FROM_RESULTS : FROM_MEASUREMENTS}) as measured
     left join (select id, count(*) as endings from chaos_endings group by id) as counted using (id) order by id`,
  );
  return { batches, measurements, audited: await readAudit(sql) };
}

const FROM_MEASUREMENTS = `
  select id, batch_id, source, destination, state, result->>'stopReason' as stop_reason from measurements`;

/** In this schema, stop reasons and addresses are numbers; addresses are stored minus 2^31. */
const FROM_RESULTS = `
  select id, batch_id, source, destination, state, null as stop_reason from measurements
  union all
  select id, batch_id, host('0.0.0.0'::inet + (source + 2147483648)), host('0.0.0.0'::inet + (destination + 2147483648)), 'done',
    (array['reaches', 'failed', 'trivial', 'cancelled'])[stop_reason]
  from results`;

/** Whether results are stored in a table of their own. */
const hasResultTable = async (sql: Sql): Promise<boolean> =>
  (await sql.query(`select to_regclass('results') is not null`))[0] === 't';

async function readAudit(sql: Sql): Promise<Stored['audited']> {
  const audited = new Map<string, Stored['audited'][number]>();
  const ids = await sql.query('select id from audit_blocks order by id');
  const most = 200;
  for (let first = 0; first < ids.length; first += most) {
    const page = ids.slice(first, first + most).join(',');
    const blocks = await sql.query(`select encode(data, 'hex') from audit_blocks where id in (${page})`);
    for (const block of blocks)
      for (const { cause, causeId, batchId } of decodeAuditBlock(Buffer.from(block, 'hex'))) {
        const key = `${cause} ${causeId} ${batchId}`;
        const { probes = 0 } = audited.get(key) ?? {};
        audited.set(key, { cause, causeId, batchId, probes: probes + 1 });
      }
  }
  return [...audited.values()];
}

async function rows<T>(sql: Sql, schema: z.ZodType<T>, query: string): Promise<T[]> {
  return (await sql.query(query)).map((row) => schema.parse(JSON.parse(row)));
}
