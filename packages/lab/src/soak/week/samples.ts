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
const TOLERATED = { heapMib: 4, mib: 16, files: 20, rows: 100, bytes: MIB } as const;

/** Takes samples of this process. They are kept as numbers, because they are on the heap that they measure. */
export class Samples {
  readonly #directory: string;
  readonly #bounds: ReadonlyMap<string, number>;
  readonly #query: Query;
  readonly #collectGarbage: () => void;
  readonly #series = new Map<string, { readonly tolerated: number; readonly values: number[] }>();
  #taken = 0;

  /** `directory`: where the controller keeps its files. `bounds`: by the names of series. */
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
    this.#note('heap, MiB', TOLERATED.heapMib, sample.heapMib);
    this.#note('buffers, MiB', TOLERATED.mib, sample.buffersMib);
    this.#note('resident memory, MiB', 4 * TOLERATED.mib, sample.residentMib);
    this.#note('open files', 5, sample.openFiles);
    this.#note('threads', 2, sample.threads);
    this.#note('files', TOLERATED.files, sample.files);
    this.#note('size of the files, MiB', TOLERATED.mib, sample.filesMib);
    await this.#noteTables();
    this.#taken++;
    return sample;
  }

  /** Everything that was sampled, over time. */
  series(): readonly Series[] {
    return [...this.#series].map(([name, { tolerated, values }]) => {
      const bound = this.#bounds.get(name);
      return { name, tolerated, values, ...(bound !== undefined && { bound }) };
    });
  }

  /** Adds a value to a series. What was not there before was 0. */
  #note(name: string, tolerated: number, value: number): void {
    const series = this.#series.get(name) ?? { tolerated, values: [] };
    this.#series.set(name, series);
    while (series.values.length < this.#taken) series.values.push(0);
    series.values.push(value);
  }

  async #noteTables(): Promise<void> {
    for (const { name, bytes } of sizeSchema.parse(await this.#query(TABLES))) {
      const [{ rows }] = countSchema.parse(await this.#query(`select count(*)::bigint as rows from "${name}"`));
      this.#note(`rows of ${name}`, TOLERATED.rows, rows);
      this.#note(`bytes of ${name}`, TOLERATED.bytes, bytes);
    }
    for (const { name, bytes } of sizeSchema.parse(await this.#query(CATALOGS)))
      this.#note(`bytes of ${name}`, TOLERATED.bytes, bytes);
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
