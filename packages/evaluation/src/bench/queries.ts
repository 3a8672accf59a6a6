import { parseArgs } from 'node:util';
import {
  type Database,
  type MeasurementFilter,
  MeasurementFinder,
  openDatabase,
  parseDatabaseSettings,
  type SearchOrder,
  Users,
} from '@revtr/storage';
import { addSyntheticResults } from '@revtr/storage/synthetic-results';
import { sql } from 'kysely';
import { median, quantile } from '../statistics/quantiles.ts';
import { positiveInteger } from './integer-options.ts';

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 0, 1);
const DAYS = 20;
const ROUNDS = 21;
const PER_PAGE = 250;
const SCANNED = 20_000;
const ORDERS: readonly SearchOrder[] = ['newest', 'oldest'];

type Filter = Omit<MeasurementFilter, 'userId'>;

/** What is asked, by round: most questions have other values each time. */
const QUESTIONS: Readonly<Record<string, (round: number) => Filter>> = {
  all: () => ({}),
  source: (round) => ({ source: `16.0.${round % 20}.0` }),
  destination: (round) => ({ destination: `20.0.0.${round}` }),
  'prefix of 24 bits': (round) => ({ prefix: { address: 0x14_40_00_00 + round * 256, length: 24 } }),
  'prefix of 12 bits': (round) => ({ prefix: { address: 0x14_00_00_00 + (round % 16) * 0x10_00_00, length: 12 } }),
  'network on every path': () => ({ asn: 1 }),
  'network on one path in 20,000': (round) => ({ asn: 100_000 + round }),
  'network on no path': (round) => ({ asn: 4_200_000_000 + round }),
  label: (round) => ({ label: `campaign ${round % 10}` }),
  'an hour': (round) => hour(round),
  'stop reason of one in 10': () => ({ stopReason: 'failed' }),
  'stop reason of one in 100,000': () => ({ stopReason: 'cancelled' }),
  'batch and stop reason': (round) => ({ batchId: 11 + 10 * round, stopReason: 'failed' }),
  'network on every path, rare stop reason, first quarter': () => ({
    ...{ asn: 1, stopReason: 'cancelled', createdBefore: new Date(FROM + (DAYS / 4) * DAY_MS) },
  }),
  'frequent source and network that exclude each other': () => ({ source: '16.0.0.0', asn: 101 }),
  'source, prefix of 8 bits, network, label': (round) => ({
    ...{ source: '16.0.0.0', prefix: { address: 0x14_00_00_00, length: 8 }, asn: 1, label: `campaign ${round % 10}` },
  }),
};

function hour(round: number): Filter {
  const from = FROM + (round % DAYS) * DAY_MS + 3_600_000 * (round % 20);
  return { createdFrom: new Date(from), createdBefore: new Date(from + 3_600_000) };
}

/**
 * Fills an empty database with `--measurements` results (default 100,000) of 20 days and finds measurements by each kind of filter, a page of 250 at a
 * time. The database is `--database` (default: an embedded one in memory); one that a run with as many results has filled is used again.
 */
export async function benchQueries(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      measurements: { type: 'string', default: '100000' },
      database: { type: 'string', default: 'memory:' },
    },
  });
  const count = positiveInteger('measurements', values.measurements);
  const database = await openDatabase(parseDatabaseSettings(values.database));
  try {
    const filling = performance.now();
    const userId = await fill(database, count);
    const fillSeconds = rounded((performance.now() - filling) / 1000);
    const questions: Record<string, unknown> = {};
    for (const [name, filterOf] of Object.entries(QUESTIONS))
      for (const order of ORDERS)
        questions[`${name}, ${order} first`] = await asked(database, order, (round) => ({
          userId,
          ...filterOf(round),
        }));
    return {
      results: count,
      fillSeconds,
      bytesPerResult: await bytesOf(database, count),
      questions,
      scan: await scan(database, userId),
    };
  } finally {
    await database.close();
  }
}

/** The number of the user whose measurements are found. */
async function fill({ db }: Database, count: number): Promise<number> {
  const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) =>
      new Users(db).ensure({ name, email: `${name}@bench.revtr.example`, role: 'user', ...limits }),
    ),
  );
  const { rows } = await sql<{ filled: number; own: number }>`
    select coalesce(sum(size), 0)::bigint as filled, count(*) filter (where user_id in (${one.id}, ${two.id})) as own
    from batches`.execute(db);
  const [{ filled, own }] = rows;
  if (own > 0 && filled === count) return one.id;
  if (filled > 0) throw new Error('the database holds other measurements: use an empty one');
  await addSyntheticResults(db, { users: [one.id, two.id], count, days: DAYS, from: new Date(FROM) });
  await sql`vacuum analyze`.execute(db);
  return one.id;
}

/** Times of a first page, and of all requests that a question takes until it has a page or there are no more. */
async function asked({ db }: Database, order: SearchOrder, filterOf: (round: number) => MeasurementFilter) {
  const finder = new MeasurementFinder({ db });
  const [times, found, requests]: number[][] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    let [rows, asked, after]: [number, number, number | undefined] = [0, 0, undefined];
    do {
      const search = await finder.begin(filterOf(round), { order, after });
      rows += (await search.read(PER_PAGE - rows)).length;
      after = search.next;
      asked++;
    } while (after !== undefined && rows < PER_PAGE);
    times.push(performance.now() - started);
    found.push(rows);
    requests.push(asked);
  }
  return {
    medianMs: rounded(median(times)),
    p95Ms: rounded(quantile(times, 0.95)),
    found: median(found),
    mostRequests: Math.max(...requests),
  };
}

/** Reads many measurements page by page, each in a request of its own. */
async function scan({ db }: Database, userId: number) {
  const finder = new MeasurementFinder({ db });
  const times: number[] = [];
  let [rows, after]: [number, number | undefined] = [0, undefined];
  do {
    const started = performance.now();
    const search = await finder.begin({ userId }, { order: 'oldest', after });
    rows += (await search.read(PER_PAGE)).length;
    after = search.next;
    times.push(performance.now() - started);
  } while (after !== undefined && rows < SCANNED);
  return { rows, medianMsPerPage: rounded(median(times)), p95MsPerPage: rounded(quantile(times, 0.95)) };
}

async function bytesOf({ db }: Database, count: number) {
  const { rows } = await sql<{ table: number; indexes: number; terms: number }>`
    select sum(pg_table_size(inhrelid))::bigint as table, sum(pg_indexes_size(inhrelid))::bigint as indexes,
      (select sum(pg_relation_size(inhrelid))::bigint from pg_inherits where inhparent = 'results_by_terms'::regclass) as terms
    from pg_inherits where inhparent = 'results'::regclass`.execute(db);
  const [{ table, indexes, terms }] = rows;
  return {
    table: Math.round(table / count),
    indexes: Math.round(indexes / count),
    indexOfTerms: Math.round(terms / count),
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
