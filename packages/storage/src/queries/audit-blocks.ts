import type { Kysely } from 'kysely';
import { checkedLimit } from '../access/limits.ts';
import type { Schema } from '../schema/schema.ts';

/** The lowest and highest of some numbers, both inclusive. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** A block of audit records before it is stored. */
export interface NewAuditBlock {
  /** 0: as written; 1: merged with others and sorted by target. */
  readonly level: 0 | 1;
  /** Times of the oldest and newest record. */
  readonly from: Date;
  readonly to: Date;
  readonly targets: NumberRange;
  /** `undefined` when no record belongs to a measurement or batch. */
  readonly measurements: NumberRange | undefined;
  readonly batches: NumberRange | undefined;
  /** Number of records. */
  readonly records: number;
  readonly data: Uint8Array;
}

export interface StoredAuditBlock {
  readonly id: number;
  readonly from: Date;
  readonly to: Date;
  readonly data: Uint8Array;
}

/** Which blocks to read. Every part that is given must overlap. */
export interface AuditBlockQuery {
  readonly from: Date;
  readonly to: Date;
  readonly targets?: NumberRange | undefined;
  readonly measurement?: number | undefined;
  readonly batch?: number | undefined;
}

const MOST_BLOCKS = 1_000;
const MOST_LISTED = 10_000;
const BLOCKS_PER_INSERT = 200;

/** The blocks of the audit: compressed records of probes. */
export class AuditBlocks {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores blocks, all or none. */
  async add(blocks: readonly NewAuditBlock[]): Promise<void> {
    if (blocks.length === 0) return;
    await this.#db.transaction().execute((transaction) => insert(transaction, blocks));
  }

  /**
   * Which blocks may hold matching records at this moment, without their data: by their newest record, newest first.
   * @throws {StorageError} `badLimit` unless `limit` is 1 to 10,000
   */
  async list(query: AuditBlockQuery, limit: number): Promise<Pick<StoredAuditBlock, 'id' | 'to'>[]> {
    return this.#matching(query).select(['id', 'to_at as to']).limit(checkedLimit(limit, MOST_LISTED)).execute();
  }

  /** Blocks in any order. Those that were replaced or deleted are missing. */
  async read(ids: readonly number[]): Promise<StoredAuditBlock[]> {
    if (ids.length === 0) return [];
    return this.#db
      .selectFrom('audit_blocks')
      .select(['id', 'from_at as from', 'to_at as to', 'data'])
      .where('id', 'in', ids)
      .execute();
  }

  /** How many blocks of level 0 there are, and how many records they hold. */
  async small(): Promise<{ readonly blocks: number; readonly records: number }> {
    const { blocks, records } = await this.#db
      .selectFrom('audit_blocks')
      .select(({ fn }) => [fn.countAll<number>().as('blocks'), fn.sum<number>('records').as('records')])
      .where('level', '=', 0)
      .executeTakeFirstOrThrow();
    return { blocks: Number(blocks), records: Number(records ?? 0) };
  }

  /** The oldest blocks of level 0. @throws {StorageError} `badLimit` unless `limit` is 1 to 1,000 */
  async oldestSmall(limit: number): Promise<StoredAuditBlock[]> {
    return this.#db
      .selectFrom('audit_blocks')
      .select(['id', 'from_at as from', 'to_at as to', 'data'])
      .where('level', '=', 0)
      .orderBy('id')
      .limit(checkedLimit(limit, MOST_BLOCKS))
      .execute();
  }

  /**
   * Puts blocks in the place of others, at once. Returns `false`, and changes nothing, when another process has replaced or deleted one of
   * them.
   */
  async replace(ids: readonly number[], blocks: readonly NewAuditBlock[]): Promise<boolean> {
    if (ids.length === 0) return true;
    return this.#db.transaction().execute(async (transaction) => {
      const rows = await transaction
        .selectFrom('audit_blocks')
        .select('id')
        .where('id', 'in', ids)
        .forUpdate()
        .execute();
      if (rows.length !== ids.length) return false;
      await transaction.deleteFrom('audit_blocks').where('id', 'in', ids).execute();
      await insert(transaction, blocks);
      return true;
    });
  }

  /** Excludes blocks from merging. */
  async setAside(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#db.updateTable('audit_blocks').set({ level: 1 }).where('id', 'in', ids).execute();
  }

  /** Deletes the blocks whose newest record is older than `time`. Returns their number. */
  async deleteBefore(time: Date): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('audit_blocks')
      .where('to_at', '<', time)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  #matching({ from, to, targets, measurement, batch }: AuditBlockQuery) {
    let matching = this.#db.selectFrom('audit_blocks').where('to_at', '>=', from).where('from_at', '<=', to);
    if (targets !== undefined)
      matching = matching.where('first_target', '<=', targets.last).where('last_target', '>=', targets.first);
    if (measurement !== undefined)
      matching = matching.where('first_measurement', '<=', measurement).where('last_measurement', '>=', measurement);
    if (batch !== undefined) matching = matching.where('first_batch', '<=', batch).where('last_batch', '>=', batch);
    return matching.orderBy('to_at', 'desc').orderBy('id', 'desc');
  }
}

async function insert(db: Kysely<Schema>, blocks: readonly NewAuditBlock[]): Promise<void> {
  for (let first = 0; first < blocks.length; first += BLOCKS_PER_INSERT)
    await db
      .insertInto('audit_blocks')
      .values(
        blocks
          .slice(first, first + BLOCKS_PER_INSERT)
          .map(({ level, from, to, targets, measurements, batches, records, data }) => ({
            level,
            from_at: from,
            to_at: to,
            first_target: targets.first,
            last_target: targets.last,
            first_measurement: measurements?.first ?? null,
            last_measurement: measurements?.last ?? null,
            first_batch: batches?.first ?? null,
            last_batch: batches?.last ?? null,
            records,
            data,
          })),
      )
      .execute();
}
