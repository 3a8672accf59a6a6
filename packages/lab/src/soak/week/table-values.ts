import { z } from 'zod';
import type { Judged } from './growth.ts';

/** Runs a statement on the database. */
export type Query = (statement: string) => Promise<readonly unknown[]>;

/** The partitions of a table count as one. */
const TABLES = `
  select coalesce(parent.relname, pg_class.relname) as name, sum(pg_total_relation_size(pg_class.oid))::bigint as bytes
  from pg_class left join pg_inherits on inhrelid = pg_class.oid left join pg_class as parent on parent.oid = inhparent
  where pg_class.relkind in ('r', 'p') and pg_class.relnamespace = 'public'::regnamespace group by 1 order by 1`;
const CATALOGS = `
  select 'catalogs' as name, sum(pg_total_relation_size(oid))::bigint as bytes
  from pg_class where relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace`;
const sizeSchema = z.array(z.object({ name: z.string(), bytes: z.coerce.number() }));
const countSchema = z.tuple([z.object({ rows: z.coerce.number() })]);

/** Free space in tables, and rows of which there are few, are no growth. */
const TOLERATED_ROWS = 100;
const TOLERATED_BYTES = 1_048_576;

/** Rows of a table that exist for something else: their number follows its number, and only the ratio says whether they grow. */
interface DependentRows {
  /** What they exist for, and a statement that counts it as `rows`. */
  readonly per: string;
  readonly live: string;
  /** Most rows for one. */
  readonly bound: number;
}

const DEPENDENT_ROWS: ReadonlyMap<string, DependentRows> = new Map([
  [
    'atlas_tails',
    {
      per: 'hop of an atlas',
      live: `
        select count(*)::bigint as rows from (
          select distinct source, hop from atlas_traceroutes, jsonb_array_elements_text(hops) as hop
          where platform <> 'reverseTraceroute' and hop is not null) as hops`,
      // The source and three vantage points at most ping it.
      bound: 4,
    },
  ],
]);

/** One value of a table, and how its growth is judged. */
export interface TableValue extends Judged {
  readonly name: string;
  readonly value: number;
}

/** How the growth of a table is judged. Default: as that of all others, without a bound of its rows. */
export type JudgedTable = Pick<Judged, 'toleratedShare' | 'bound'>;

/** The rows and bytes of every table. `judged`: how some tables are judged, by their names. */
export async function* tableValues(judged: ReadonlyMap<string, JudgedTable>, query: Query): AsyncGenerator<TableValue> {
  const count = async (statement: string): Promise<number> => {
    const [{ rows }] = countSchema.parse(await query(statement));
    return rows;
  };
  for (const { name, bytes } of sizeSchema.parse(await query(TABLES))) {
    const rows = await count(`select count(*)::bigint as rows from "${name}"`);
    const dependent = DEPENDENT_ROWS.get(name);
    const { bound: _, ...judgedBytes } = judged.get(name) ?? {};
    if (dependent === undefined)
      yield { ...judged.get(name), name: `rows of ${name}`, value: rows, tolerated: TOLERATED_ROWS };
    else {
      const value = rows / Math.max(1, await count(dependent.live));
      yield { name: `rows of ${name} for each ${dependent.per}`, value, tolerated: 0, bound: dependent.bound };
    }
    yield { ...judgedBytes, name: `bytes of ${name}`, value: bytes, tolerated: TOLERATED_BYTES };
  }
  for (const { name, bytes } of sizeSchema.parse(await query(CATALOGS)))
    yield { name: `bytes of ${name}`, value: bytes, tolerated: TOLERATED_BYTES };
}
