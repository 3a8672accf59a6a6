import { type Kysely, sql } from 'kysely';
import { encodeRecord } from './records/encode-record.ts';
import { ResultPartitions } from './results/result-partitions.ts';
import type { Schema } from './schema/schema.ts';

/** Results to make up. */
export interface SyntheticResults {
  /** Most results are of the first user, every tenth batch is of the second one. */
  readonly users: readonly [number, number];
  readonly count: number;
  /** They were submitted on so many days, in batches of 1,000, in equal parts. */
  readonly days: number;
  readonly from: Date;
}

const DAY_MS = 86_400_000;
const PER_BATCH = 1_000;
const PER_STATEMENT = 50_000;
const HOPS = 9;

/**
 * Fills an empty database with results for tests and benchmarks of queries: 20 sources, the destinations of 20.0.0.0/8, AS 1 on every path and
 * others on few, one stop reason in 100,000 `cancelled`, and ten labels, each on one batch in 200. The values of a measurement follow from its number, and its label from that of its batch. Records have about 600
 * bytes, and all the same content.
 */
export async function addSyntheticResults(
  db: Kysely<Schema>,
  { users, count, days, from }: SyntheticResults,
): Promise<void> {
  const partitions = new ResultPartitions(db);
  const record = encodeRecord(resultOf());
  const perDay = Math.ceil(count / days);
  for (let day = 0, left = count; left > 0; day++) {
    const begin = new Date(from.getTime() + day * DAY_MS);
    for (let added = 0; added < perDay && left > 0; ) {
      await partitions.prepare(begin);
      const size = Math.min(PER_STATEMENT, perDay - added, left);
      const at = new Date(begin.getTime() + (added / perDay) * DAY_MS * 0.9);
      await addPart(db, { users, size, at, msPerBatch: (DAY_MS * 0.9 * PER_BATCH) / perDay, record });
      added += size;
      left -= size;
    }
  }
}

interface Part {
  readonly users: readonly [number, number];
  readonly size: number;
  readonly at: Date;
  readonly msPerBatch: number;
  readonly record: Uint8Array;
}

async function addPart(db: Kysely<Schema>, { users, size, at, msPerBatch, record }: Part): Promise<void> {
  const { rows } = await sql<{ last: number }>`
    select setval('measurements_id_seq', last_value + ${size}) as last from measurements_id_seq`.execute(db);
  const [{ last }] = rows;
  const first = last - size + 1;
  // Numbers from 0 to 1 that follow from the number of the measurement or batch.
  const random = (seed: number, of = 'm.id') =>
    sql`(hashint8extended(${sql.ref(of)}, ${sql.lit(seed)}) & 16777215) / 16777216.0`;
  await sql`
    with added as (
      insert into batches (user_id, size, created_at, first_id, last_id)
      select case when n % 10 = 9 then ${users[1]}::bigint else ${users[0]}::bigint end, ${PER_BATCH},
        ${at}::timestamptz + n * ${msPerBatch}::double precision * interval '1 millisecond',
        ${first}::bigint + n * ${PER_BATCH}, least(${last}::bigint, ${first}::bigint + (n + 1) * ${PER_BATCH} - 1)
      from generate_series(0, ${Math.ceil(size / PER_BATCH) - 1}::bigint) as n
      returning id, user_id, created_at, first_id, last_id
    ), numbered as (
      select added.id as batch_id, user_id, created_at, m.id, floor(power(${random(1)}, 2) * 20)::integer as source,
        floor(power(${random(2)}, 2) * 16777216)::integer as destination, ${random(3)} as stop,
        floor(power(${random(4)}, 3) * 70000)::integer as transit, floor(${random(5)} * 20000)::integer as other,
        floor(${random(6, 'added.id')} * 200)::integer as campaign
      from added, generate_series(first_id, last_id) as m(id)
    )
    insert into results (id, batch_id, created_at, ended_at, user_id, source, destination, stop_reason, label, networks, record)
    select id, batch_id, created_at, created_at + interval '20 seconds', user_id, -1879048192 + source * 256, -1811939328 + destination,
      case when stop < 0.00001 then 4 when stop < 0.001 then 3 when stop < 0.1 then 2 else 1 end,
      case when campaign < 10 then 'campaign ' || campaign else '' end,
      array[1, 100 + source, 1000 + transit, 100000 + other, 200000 + (destination >> 12)], ${record}::bytea
    from numbered order by id`.execute(db);
}

/** A result of about 600 bytes in the database. */
function resultOf(): unknown {
  const stats = { recordRoutePings: 9, spoofedRecordRoutePings: 17, timestampPings: 0, spoofedTimestampPings: 0 };
  const more = {
    plainPings: 3,
    traceroutes: 1,
    tracerouteProbes: 11,
    recordRouteRounds: 4,
    spoofedRecordRouteRounds: 3,
  };
  const times = {
    atlasQueries: 5,
    recordRouteMs: 812.5,
    spoofedRecordRouteMs: 5_310.25,
    atlasMs: 0.75,
    symmetryMs: 91,
  };
  const hops = Array.from({ length: HOPS }, (_, i) => ({
    ...{ address: `20.${i}.${i * 7}.${i * 13}`, technique: 'spoofedRecordRoute', type: 3, trust: 'measured' },
    ...{ confidence: 0.9 + i / 1_000, asn: 1_000 + i, rttMs: 10.5 * i },
    evidence: { target: `20.${i}.${i * 7}.1`, slot: i },
  }));
  const attempts = hops.map(({ address }, i) => ({
    ...{ technique: 'recordRoute', hop: address, outcome: 'nothingFound', detail: '', ms: i * 31 },
  }));
  return {
    ...{ plan: 'default', stopReason: 'reaches', startedAt: 1_790_000_000_000, endedAt: 1_790_000_012_345, hops },
    ...{ confidence: 0.87, stats: { ...stats, ...more, ...times }, attempts: attempts.slice(0, 4) },
  };
}
