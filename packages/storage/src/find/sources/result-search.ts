import { type Kysely, type RawBuilder, sql } from 'kysely';
import { storedAddressOf } from '../../results/result-columns.ts';
import { type ResultPartition, ResultPartitions } from '../../results/result-partitions.ts';
import type { Schema } from '../../schema/schema.ts';
import { conditionsOnResults } from '../conditions.ts';
import { common, type IdRange, rangeAfter, rangeFrom, rangeWithout, type SearchOrder } from '../id-range.ts';
import type { MeasurementFilter } from '../measurement-filter.ts';
import { type OrderedIndex, ofUser, readCandidates } from '../ordered-candidates.ts';
import type { SearchQuery, SearchStep, SourceSearch } from '../source-search.ts';
import { BLOCK } from '../terms.ts';
import { readBlocks } from './read-blocks.ts';

/** Partitions that one statement reads at most: the planner's work grows with them. */
const MOST_PARTITIONS = 16;
/** Blocks that one statement reads at most. */
const MOST_BLOCKS = 8;
/** The index of terms is used where fewer than one in so many candidates is found. */
const SPARSE = 20;

/**
 * Finds results in two ways. It follows an index in the order of ids as long as many of its entries are found, or they are far apart. Elsewhere it
 * asks the index of terms for blocks of ids, which skips what does not meet all conditions without reading it.
 */
export class ResultSearch implements SourceSearch {
  readonly #order: SearchOrder;
  readonly #most: number;
  readonly #filter: MeasurementFilter;
  readonly #index: OrderedIndex;
  readonly #conditions: RawBuilder<unknown>;
  readonly #db: Kysely<Schema>;
  #partitions: Promise<readonly ResultPartition[]> | undefined;
  /** `seek`: find the next entry of the index, because there may be none for long. */
  #next: 'follow' | 'seek' | 'blocks' = 'follow';
  /** How many partitions and blocks the next statements read. */
  #width = 1;
  #blocks = 1;

  /** `most`: how many results a step looks at when it follows an index in the order of ids */
  constructor(options: SearchQuery & { readonly most: number }, { db }: { readonly db: Kysely<Schema> }) {
    this.#filter = options.filter;
    this.#order = options.order;
    this.#most = options.most;
    this.#db = db;
    this.#index = indexFor(options.filter);
    this.#conditions = conditionsOnResults(options.filter);
  }

  async step(range: IdRange): Promise<SearchStep> {
    this.#partitions ??= new ResultPartitions(this.#db).list();
    const partitions = (await this.#partitions).filter(
      // A partition that has moved to files never comes back.
      (partition) => partition.moved_at === null && common(rangeOf([partition]), range),
    );
    if (this.#order === 'newest') partitions.reverse();
    if (partitions.length === 0) return { ids: [], rest: undefined };
    return this.#next === 'blocks' ? this.#ofBlocks(partitions[0], range) : this.#ofIndex(partitions, range);
  }

  /** Follows the index from the beginning of the range. */
  async #ofIndex(partitions: readonly ResultPartition[], range: IdRange): Promise<SearchStep> {
    const isSeek = this.#next === 'seek';
    // There may be nothing left in the first partition.
    const width = isSeek ? Math.max(2, this.#width) : this.#width;
    const part = common(rangeOf(partitions.slice(0, width)), range) ?? range;
    const candidates = await readCandidates(this.#db, {
      ...{ index: this.#index, conditions: this.#conditions, range: part, order: this.#order },
      most: isSeek ? 1 : this.#most,
    });
    const { count, ids, rest } = candidates;
    if (rest === undefined) {
      this.#width = Math.min(MOST_PARTITIONS, this.#width * 2);
      return { ids, rest: rangeWithout(range, part, this.#order) };
    }
    this.#width = 1;
    const looked = part.to - part.from - (rest.to - rest.from);
    this.#next = isSeek || (ids.length * SPARSE < count && looked < BLOCK) ? 'blocks' : 'follow';
    return { ids, rest: rangeFrom(range, rest, this.#order) };
  }

  /** Asks the index of terms for the first blocks of the range. */
  async #ofBlocks({ first_id, end_id }: ResultPartition, range: IdRange): Promise<SearchStep> {
    const part = firstBlocks(common({ from: first_id, to: end_id }, range) ?? range, this.#blocks, this.#order);
    const query = { filter: this.#filter, conditions: this.#conditions, order: this.#order, most: this.#most };
    const ids = await readBlocks(this.#db, { ...query, partition: first_id, range: part });
    this.#blocks = ids.length === 0 ? Math.min(MOST_BLOCKS, this.#blocks * 2) : 1;
    this.#next = ids.length === 0 ? 'seek' : 'blocks';
    const last = ids.at(-1);
    if (ids.length < this.#most || last === undefined) return { ids, rest: rangeWithout(range, part, this.#order) };
    this.#next = 'follow';
    return { ids, rest: rangeAfter(range, last, this.#order) };
  }
}

/** The index that has the fewest candidates, as far as that is known without looking. */
function indexFor({ userId, destination, label }: MeasurementFilter): OrderedIndex {
  const isOwn = sql`user_id = ${userId}`;
  if (destination !== undefined) {
    const value = sql`array[${storedAddressOf(destination)}]::integer[]`;
    return { table: 'results', column: 'destination', value, others: isOwn };
  }
  if (label !== undefined) {
    const value = sql`array[${label}]::text[]`;
    return { table: 'results', column: 'label', value, others: sql`${isOwn} and label <> ''` };
  }
  return { table: 'results', ...ofUser(userId) };
}

/** The ids of some partitions that follow each other. */
const rangeOf = (partitions: readonly ResultPartition[]): IdRange => ({
  from: Math.min(...partitions.map(({ first_id }) => first_id)),
  to: Math.max(...partitions.map(({ end_id }) => end_id)),
});

/** The first part of a range, at most `count` blocks. */
function firstBlocks({ from, to }: IdRange, count: number, order: SearchOrder): IdRange {
  if (order === 'oldest') return { from, to: Math.min(to, (Math.floor(from / BLOCK) + count) * BLOCK) };
  return { from: Math.max(from, (Math.ceil(to / BLOCK) - count) * BLOCK), to };
}
