import { formatIpv4 } from '@revtr/net';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { ColdRow } from '../cold/cold-row.ts';
import type { ColdFiles } from '../cold/files/cold-files.ts';
import type { WriteOptions, WrittenFile } from '../cold/write-cold-files.ts';
import type { ResultTable } from '../schema/measurements.ts';
import type { Schema } from '../schema/schema.ts';
import { freezeResults } from './partition-lock.ts';
import { recordFiles } from './record-files.ts';
import { fromStoredAddress, stopReasonOf } from './result-columns.ts';
import { completed, dropTable, idsOf, type ResultPartition } from './result-partitions.ts';
import { type MoveStep, writeAndRecord } from './write-and-record.ts';

/** What a move has done. */
export interface MovedPartition {
  readonly partition: ResultPartition;
  readonly files: readonly WrittenFile[];
}

export interface MoveOptions extends WriteOptions {
  readonly now: Date;
}

export interface MoveCollaborators {
  readonly db: Kysely<Schema>;
  readonly files: ColdFiles;
  readonly onStep: (step: MoveStep) => void;
}

const ROWS_AT_ONCE = 500;

/**
 * Moves the results of a partition to files. The files are complete, and their content was read again and compared, before one transaction records them
 * and drops the table. Returns `undefined`, and leaves everything as it was, while the partition must stay: a measurement of it is open, a watch has yet
 * to judge one, or its results have changed meanwhile.
 */
export async function movePartition(
  partition: ResultPartition,
  options: MoveOptions,
  { db, files, onStep }: MoveCollaborators,
): Promise<MovedPartition | undefined> {
  if (!(await db.transaction().execute((transaction) => isMovable(transaction, partition)))) return undefined;
  const seen = new Totals();
  const written = await writeAndRecord(rowsOf(db, partition, seen), options, {
    ...{ db, files, onStep },
    check: async (transaction) =>
      (await isMovable(transaction, partition)) && (await isUnchanged(transaction, partition, seen))
        ? partition
        : undefined,
    record: (transaction, moved) => recordMove(transaction, partition, moved, options.now),
  });
  return written && { partition, files: written };
}

async function isMovable(db: Transaction<Schema>, partition: ResultPartition): Promise<boolean> {
  const stored = await completed(db, partition);
  if (stored === undefined || stored.moved_at !== null) return false;
  const { rows } = await sql<{ is_awaited: boolean }>`
    select exists (
      select from watch_runs where outcome = 'running' and measurement_id ${idsOf(partition)}) as is_awaited`.execute(
    db,
  );
  return rows[0]?.is_awaited === false;
}

async function* rowsOf(db: Kysely<Schema>, partition: ResultPartition, seen: Totals): AsyncGenerator<ColdRow[]> {
  const table = sql.table(`results_${partition.first_id}`);
  let after = 0;
  for (;;) {
    const { rows } = await sql<StoredResult & Hashed>`
      select *, ${HASH}::text as hash from ${table} where id > ${after} order by id limit ${ROWS_AT_ONCE}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const row of rows) seen.add(row);
    yield rows.map(toColdRow);
    after = last.id;
  }
}

type StoredResult = Selectable<ResultTable>;

interface Hashed {
  readonly hash: string;
}

/** A 64-bit hash of what can change in a row. A deletion is the only other change. */
const HASH = sql`hashtextextended(concat_ws(' ', id, forward_traceroute_id), 0)`;

const toColdRow = (row: StoredResult): ColdRow => ({
  measurement: row.id,
  batch: row.batch_id,
  user_id: row.user_id,
  source: formatIpv4(fromStoredAddress(row.source)),
  destination: formatIpv4(fromStoredAddress(row.destination)),
  label: row.label,
  created_at: row.created_at,
  ended_at: row.ended_at,
  stop_reason: stopReasonOf(row.stop_reason),
  networks: row.networks.map((asn) => asn >>> 0),
  options: row.options === null ? null : JSON.stringify(row.options),
  forward_traceroute: row.forward_traceroute_id,
  record: row.record,
});

/** Whether the table still has the rows that were written. Nothing changes it until the end of the transaction. */
async function isUnchanged(db: Transaction<Schema>, partition: ResultPartition, seen: Totals): Promise<boolean> {
  const table = sql.table(`results_${partition.first_id}`);
  await freezeResults(db);
  // Processes of earlier versions do not know that lock.
  await sql`lock table ${table} in share mode`.execute(db);
  const { rows } = await sql<{ totals: string }>`
    select concat_ws(' ', count(*), coalesce(sum(${HASH}::numeric), 0)) as totals from ${table}`.execute(db);
  return rows[0]?.totals === seen.toString();
}

async function recordMove(
  db: Transaction<Schema>,
  partition: ResultPartition,
  files: readonly WrittenFile[],
  now: Date,
): Promise<void> {
  const { first_id } = partition;
  await recordFiles(db, files, { partition_id: first_id, written_at: now, deletions: 0 });
  await sql`
    update publications set user_id = moved.user_id from ${sql.table(`results_${first_id}`)} as moved
    where moved.id = measurement_id and publications.user_id is null`.execute(db);
  await dropTable(db, partition);
  await db.updateTable('result_partitions').set({ moved_at: now }).where('first_id', '=', first_id).execute();
}

/** Totals by which a change of the rows shows. */
class Totals {
  #rows = 0;
  #hashes = 0n;

  add({ hash }: Hashed): void {
    this.#rows++;
    this.#hashes += BigInt(hash);
  }

  toString(): string {
    return `${this.#rows} ${this.#hashes}`;
  }
}
