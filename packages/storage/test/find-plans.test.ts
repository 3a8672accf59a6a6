import { type CompiledQuery, type KyselyPlugin, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, type MeasurementFilter, MeasurementFinder, openDatabase, Users } from '../src/index.ts';
import { addSyntheticResults } from '../src/synthetic-results.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';

const DAYS = 17;
const FROM = new Date('2026-01-01T00:00:00Z');
/** Measurements that a step looks at, see `MeasurementFinder`. */
const MOST_PER_STEP = 2_000;
/** Partitions that a step reads, see `ResultSearch`. */
const MOST_PARTITIONS = 16;

/** A node of the output of EXPLAIN (PostgreSQL manual, section 14.1). */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly Plans?: readonly PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

describe.runIf(findPostgres() !== undefined)('plans of searches in PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let database: Database;
  let userId: number;

  beforeAll(async () => {
    server = await startPostgres();
    database = await openDatabase({ kind: 'postgres', url: server.url });
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const [one, two] = await Promise.all(
      ['u', 'v'].map((name) =>
        new Users(database.db).ensure({ name, email: `${name}@revtr.example`, role: 'user', ...limits }),
      ),
    );
    userId = one.id;
    await addSyntheticResults(database.db, { users: [one.id, two.id], count: 200_000, days: DAYS, from: FROM });
  }, 600_000);
  afterAll(async () => {
    await database.close();
    await server.stop();
  });

  /** The statements of a search for a page, and the ids that it finds. */
  async function searched(filter: MeasurementFilter, order: 'oldest' | 'newest') {
    const statements: CompiledQuery[] = [];
    const watched = database.db.withPlugin({
      transformQuery: ({ node, queryId }) => {
        statements.push(database.db.getExecutor().compileQuery(node, queryId));
        return node;
      },
      transformResult: async ({ result }) => result,
    } satisfies KyselyPlugin);
    const search = await new MeasurementFinder({ db: watched }).begin(filter, { order });
    const rows = await search.read(100);
    return { statements, ids: rows.map(({ id }) => id), isEnd: search.next === undefined };
  }

  /** The plans of statements, carried out with the settings that some of them make. */
  function plansOf(statements: readonly CompiledQuery[]): Promise<PlanNode[][]> {
    return database.db.transaction().execute(async (db) => {
      const plans: PlanNode[][] = [];
      for (const statement of statements) {
        if (statement.sql.includes('set_config')) await db.executeQuery(statement);
        else {
          const explained = { ...statement, sql: `explain (analyze, buffers, format json) ${statement.sql}` };
          const { rows } = await db.executeQuery<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(explained);
          plans.push(nodesOf(rows[0]['QUERY PLAN'][0].Plan));
        }
      }
      return plans;
    });
  }

  const day = (number: number): Date => new Date(FROM.getTime() + number * 86_400_000);
  const FILTERS: Readonly<Record<string, Omit<MeasurementFilter, 'userId'>>> = {
    everything: {},
    source: { source: '16.0.5.0' },
    destination: { destination: '20.0.0.1' },
    'a destination that was not measured': { destination: '30.0.0.1' },
    prefix: { prefix: { address: 0x14_00_10_00, length: 20 } },
    'a rare network': { asn: 100_007 },
    'a network that is nowhere': { asn: 64_500 },
    label: { label: 'campaign 3' },
    time: { createdFrom: day(3), createdBefore: day(4) },
    'stop reason': { stopReason: 'cancelled' },
    'a network on every path, a rare stop reason, and an old time': {
      ...{ asn: 1, stopReason: 'cancelled', createdBefore: day(9) },
    },
    'two frequent properties that exclude each other': { source: '16.0.0.0', asn: 101 },
    'a batch and a stop reason': { batchId: 17, stopReason: 'failed' },
    'everything at once': {
      ...{ source: '16.0.0.0', prefix: { address: 0x14_00_00_00, length: 8 }, asn: 1, label: 'campaign 1' },
      ...{ createdFrom: day(1), createdBefore: day(12), stopReason: 'reaches' },
    },
  };

  it.each(['without statistics', 'with statistics'])(
    'read a bounded part of an index, %s',
    async (statistics) => {
      if (statistics === 'with statistics') await sql`analyze`.execute(database.db);
      for (const [name, filter] of Object.entries(FILTERS))
        for (const order of ['oldest', 'newest'] as const) {
          const { statements, ids, isEnd } = await searched({ userId, ...filter }, order);
          if (ids.length < 100) expect(isEnd, name).toBe(true);
          const plans = await plansOf(statements);
          // Two looks at each partition, each followed by one for files of cold results.
          expect(plans.length, name).toBeLessThan(4 * DAYS + 20);
          for (const nodes of plans) {
            const text = `${name}, ${order}: ${JSON.stringify(nodes)}`;
            const scans = nodes.filter((node) => node['Relation Name'] !== undefined);
            expect(
              scans.filter((node) => node['Node Type'] === 'Seq Scan' && isLarge(node)),
              text,
            ).toEqual([]);
            expect(new Set(scans.map((node) => node['Relation Name'])).size, text).toBeLessThanOrEqual(
              MOST_PARTITIONS + 3,
            );
            for (const node of scans) expect(rowsOf(node), text).toBeLessThanOrEqual(MOST_PER_STEP);
            // An index is not read beyond the range: each row takes a page of the table, and few of the index. Ids are looked up one by one.
            for (const node of scans.filter((scan) => scan['Index Name']?.includes('pkey') === false))
              expect(pagesOf(node), text).toBeLessThanOrEqual(12 * node['Actual Loops'] + 2 * rowsOf(node));
          }
        }
    },
    600_000,
  );
});

const isLarge = (node: PlanNode): boolean =>
  ['results', 'measurements', 'json_results', 'batches'].some((table) => node['Relation Name']?.startsWith(table));

const pagesOf = (node: PlanNode): number => node['Shared Hit Blocks'] + node['Shared Read Blocks'];

/** Rows that a scan has looked at. */
const rowsOf = (node: PlanNode): number =>
  node['Actual Loops'] *
  (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0));
