import { decodeAuditBlock } from '@revtr/controller';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { z } from 'zod';
import { readRunFile } from '../files/read-run-file.ts';
import type { PlannedRestriction } from '../plan/restrictions.ts';
import { RestrictedProbes, restrictedSchema } from './restricted-probes.ts';

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
  /** How often the result was written. */
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

const heldSchema = z.object({ kind: z.string(), subject: z.string() });

/** What the database holds after a run. */
const storedSchema = z.object({
  batches: z.array(batchSchema),
  measurements: z.array(measurementSchema),
  /** What the audited probes were sent for. */
  audited: z.array(causeSchema),
  /** Agents that sent audited probes, and how many. */
  senders: z.array(z.object({ address: z.ipv4(), probes: z.int() })),
  atlasRuns: z.array(z.int()),
  /** The audited probes that restrictions of the plan are about. */
  restricted: z.array(restrictedSchema).default([]),
  /** The opt-outs and kill switches. Absent in earlier runs. */
  held: z.array(heldSchema).optional(),
  /** Addresses of the registered agents. */
  agents: z.array(z.ipv4()),
});
export type Stored = z.infer<typeof storedSchema>;

/**
 * Reads what the database holds, and the endings that `countEndings` of the cluster has counted. The users of a run have the addresses
 * `user0@example.org`, `user1@example.org`, ….
 */
export async function readStored(sql: Sql, restrictions: readonly PlannedRestriction[]): Promise<Stored> {
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
     from (${MEASURED}) as measured
     left join (select id, count(*) as endings from endings group by id) as counted using (id) order by id`,
  );
  return {
    batches,
    measurements,
    ...(await readAudit(sql, restrictions)),
    atlasRuns: (await sql.query('select id from atlas_runs order by id')).map(Number),
    held: await rows(
      sql,
      heldSchema,
      `select json_build_object('kind', 'optOut', 'subject', network) from opt_outs
       union all select json_build_object('kind', scope, 'subject', subject) from kill_switches`,
    ),
    agents: await sql.query('select address from agents order by address'),
  };
}

/** Reads what was stored in a file. @throws {ChaosError} `unreadableRun` */
export const readStoredFile = (file: string): Stored =>
  readRunFile(file, (text) => storedSchema.parse(JSON.parse(text)));

/** Stop reasons and addresses of results are numbers; addresses are stored minus 2^31. */
const MEASURED = `
  select id, batch_id, source, destination, state, null as stop_reason from measurements
  union all
  select id, batch_id, host('0.0.0.0'::inet + (source + 2147483648)), host('0.0.0.0'::inet + (destination + 2147483648)), 'done',
    (array['reaches', 'failed', 'trivial', 'cancelled'])[stop_reason]
  from results`;

async function readAudit(
  sql: Sql,
  restrictions: readonly PlannedRestriction[],
): Promise<Pick<Stored, 'audited' | 'senders' | 'restricted'>> {
  const audited = new Map<string, Stored['audited'][number]>();
  const senders = new Map<Ipv4Address, number>();
  const restricted = new RestrictedProbes(restrictions);
  const ids = await sql.query('select id from audit_blocks order by id');
  const most = 200;
  for (let first = 0; first < ids.length; first += most) {
    const page = ids.slice(first, first + most).join(',');
    const blocks = await sql.query(`select encode(data, 'hex') from audit_blocks where id in (${page})`);
    for (const block of blocks)
      for (const record of decodeAuditBlock(Buffer.from(block, 'hex'))) {
        const { cause, causeId, batchId, sender } = record;
        const key = `${cause} ${causeId} ${batchId}`;
        const { probes = 0 } = audited.get(key) ?? {};
        audited.set(key, { cause, causeId, batchId, probes: probes + 1 });
        senders.set(sender, (senders.get(sender) ?? 0) + 1);
        restricted.add(record);
      }
  }
  return {
    audited: [...audited.values()],
    senders: [...senders].map(([address, probes]) => ({ address: formatIpv4(address), probes })),
    restricted: restricted.counts,
  };
}

async function rows<T>(sql: Sql, schema: z.ZodType<T>, query: string): Promise<T[]> {
  return (await sql.query(query)).map((row) => schema.parse(JSON.parse(row)));
}
