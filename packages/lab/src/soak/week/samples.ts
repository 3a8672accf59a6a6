import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { statusOf } from '../process-usage.ts';
import type { Series } from './growth.ts';

/** What the process, its files and its tables hold at one moment. */
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
  readonly tables: ReadonlyMap<string, { readonly rows: number; readonly bytes: number }>;
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

/** Takes samples of this process. */
export class Samples {
  readonly #directory: string;
  readonly #query: Query;
  readonly #collectGarbage: () => void;
  readonly #taken: Sample[] = [];

  /** `directory`: where the controller keeps its files. */
  constructor(options: { readonly directory: string }, collaborators: { readonly query: Query }) {
    this.#directory = options.directory;
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
      tables: await this.#tables(),
    };
    this.#taken.push(sample);
    return sample;
  }

  /** Everything that was sampled, over time. */
  series(): readonly Series[] {
    const of = (name: string, tolerated: number, value: (sample: Sample) => number): Series => ({
      name,
      values: this.#taken.map(value),
      tolerated,
    });
    const tables = [...new Set(this.#taken.flatMap(({ tables }) => [...tables.keys()]))];
    return [
      of('heap, MiB', TOLERATED.mib, ({ heapMib }) => heapMib),
      of('buffers, MiB', TOLERATED.mib, ({ buffersMib }) => buffersMib),
      of('resident memory, MiB', 4 * TOLERATED.mib, ({ residentMib }) => residentMib),
      of('open files', 5, ({ openFiles }) => openFiles),
      of('threads', 2, ({ threads }) => threads),
      of('files', TOLERATED.files, ({ files }) => files),
      of('size of the files, MiB', TOLERATED.mib, ({ filesMib }) => filesMib),
      ...tables.flatMap((table) => [
        of(`rows of ${table}`, TOLERATED.rows, ({ tables: sampled }) => sampled.get(table)?.rows ?? 0),
        of(`bytes of ${table}`, TOLERATED.bytes, ({ tables: sampled }) => sampled.get(table)?.bytes ?? 0),
      ]),
    ];
  }

  async #tables(): Promise<Sample['tables']> {
    const tables = new Map<string, { rows: number; bytes: number }>();
    for (const { name, bytes } of sizeSchema.parse(await this.#query(TABLES))) {
      const [{ rows }] = countSchema.parse(await this.#query(`select count(*)::bigint as rows from "${name}"`));
      tables.set(name, { rows, bytes });
    }
    for (const { name, bytes } of sizeSchema.parse(await this.#query(CATALOGS))) tables.set(name, { rows: 0, bytes });
    return tables;
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
