import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { statusOf } from '../process-usage.ts';
import type { Series } from './growth.ts';

/** What the process and its files hold at one moment. */
export interface Sample {
  /** Memory after a collection of garbage, MiB: of the main thread, its buffers, and the whole process with the database. */
  readonly heapMib: number;
  readonly buffersMib: number;
  readonly residentMib: number;
  readonly openFiles: number;
  readonly threads: number;
  /** Files of the controller, and their size, MiB. */
  readonly files: number;
  readonly filesMib: number;
}

/** Runs a statement on the database. */
export type Query = (statement: string) => Promise<readonly unknown[]>;

const MIB = 1_048_576;
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

/** What values may grow by without being said to grow: caches, free space in tables, and rows of which there are few. */
const TOLERATED = { mib: 16, files: 20, rows: 100, bytes: MIB } as const;
/** The heap after a collection hardly differs between days. */
const TOLERATED_HEAP = { tolerated: 3, toleratedShare: 0.04 } as const;

/** Rows of a table that exist for something else: their number follows its number, and only the ratio says whether they grow. */
interface DependentRows {
  readonly table: string;
  /** What they exist for, and a statement that counts it as `rows`. */
  readonly per: string;
  readonly live: string;
  /** Most rows for one. */
  readonly bound: number;
}

/** The hop of a traceroute is pinged by the source and by three vantage points at most. */
const DEPENDENT_ROWS: readonly DependentRows[] = [
  {
    table: 'atlas_tails',
    per: 'hop of an atlas',
    live: `
      select count(*)::bigint as rows from (
        select distinct source, hop from atlas_traceroutes, jsonb_array_elements_text(hops) as hop
        where platform <> 'reverseTraceroute' and hop is not null) as hops`,
    bound: 4,
  },
];

/** Takes samples of this process. They are kept as numbers, because they are on the heap that they measure. */
export class Samples {
  readonly #directory: string;
  readonly #bounds: ReadonlyMap<string, number>;
  readonly #query: Query;
  readonly #collectGarbage: () => void;
  readonly #series = new Map<string, Omit<Series, 'name' | 'values'> & { readonly values: number[] }>();
  #taken = 0;

  /** `directory`: where the controller keeps its files. `bounds`: most rows, by table. */
  constructor(
    options: { readonly directory: string; readonly bounds: ReadonlyMap<string, number> },
    collaborators: { readonly query: Query },
  ) {
    this.#directory = options.directory;
    this.#bounds = options.bounds;
    this.#query = collaborators.query;
    setFlagsFromString('--expose-gc');
    this.#collectGarbage = runInNewContext('gc');
  }

  async take(): Promise<Sample> {
    this.#collectGarbage();
    const { heapUsed, external, arrayBuffers } = process.memoryUsage();
    const status = statusOf(process.pid);
    const sample = {
      heapMib: toMib(heapUsed),
      buffersMib: toMib(external + arrayBuffers),
      residentMib: Math.round(status('VmRSS') / 1_024),
      openFiles: readdirSync('/proc/self/fd').length,
      threads: status('Threads'),
      ...filesOf(this.#directory),
    };
    this.#note('heap, MiB', sample.heapMib, TOLERATED_HEAP);
    this.#note('buffers, MiB', sample.buffersMib, { tolerated: TOLERATED.mib });
    this.#note('resident memory, MiB', sample.residentMib, { tolerated: 4 * TOLERATED.mib });
    this.#note('open files', sample.openFiles, { tolerated: 5 });
    this.#note('threads', sample.threads, { tolerated: 2 });
    this.#note('files', sample.files, { tolerated: TOLERATED.files });
    this.#note('size of the files, MiB', sample.filesMib, { tolerated: TOLERATED.mib });
    await this.#noteTables();
    this.#taken++;
    return sample;
  }

  /** Everything that was sampled, over time. */
  series(): readonly Series[] {
    return [...this.#series].map(([name, series]) => ({ name, ...series }));
  }

  /** Adds a value to a series. What was not there before was 0. */
  #note(name: string, value: number, judged: Pick<Series, 'tolerated' | 'toleratedShare' | 'bound'>): void {
    const series = this.#series.get(name) ?? { ...judged, values: [] };
    this.#series.set(name, series);
    while (series.values.length < this.#taken) series.values.push(0);
    series.values.push(value);
  }

  async #noteTables(): Promise<void> {
    for (const { name, bytes } of sizeSchema.parse(await this.#query(TABLES))) {
      await this.#noteRows(name);
      this.#note(`bytes of ${name}`, bytes, { tolerated: TOLERATED.bytes });
    }
    for (const { name, bytes } of sizeSchema.parse(await this.#query(CATALOGS)))
      this.#note(`bytes of ${name}`, bytes, { tolerated: TOLERATED.bytes });
  }

  async #noteRows(table: string): Promise<void> {
    const rows = await this.#count(`select count(*)::bigint as rows from "${table}"`);
    const dependent = DEPENDENT_ROWS.find((other) => other.table === table);
    if (dependent === undefined) {
      const bound = this.#bounds.get(table);
      this.#note(`rows of ${table}`, rows, { tolerated: TOLERATED.rows, ...(bound !== undefined && { bound }) });
      return;
    }
    const { per, live, bound } = dependent;
    const ratio = rows / Math.max(1, await this.#count(live));
    this.#note(`rows of ${table} for each ${per}`, ratio, { tolerated: 0, bound });
  }

  async #count(statement: string): Promise<number> {
    const [{ rows }] = countSchema.parse(await this.#query(statement));
    return rows;
  }
}

const toMib = (bytes: number): number => Math.round((10 * bytes) / MIB) / 10;

function filesOf(directory: string): { readonly files: number; readonly filesMib: number } {
  let [files, bytes] = [0, 0];
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return { files, filesMib: toMib(bytes) };
}
