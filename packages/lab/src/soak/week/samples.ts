import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { statusOf } from '../process-usage.ts';
import type { Judged, Series } from './growth.ts';
import { type JudgedTable, type Query, tableValues } from './table-values.ts';

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

const MIB = 1_048_576;
/** What values may grow by without being said to grow: caches, and files of which there are few. */
const TOLERATED = { mib: 16, files: 20 } as const;
/** The heap after a collection hardly differs between days. */
const TOLERATED_HEAP = { tolerated: 3, toleratedShare: 0.04 } as const;

/** Takes samples of this process. They are kept as numbers, because they are on the heap that they measure. */
export class Samples {
  readonly #directory: string;
  readonly #judgedTables: ReadonlyMap<string, JudgedTable>;
  readonly #query: Query;
  readonly #collectGarbage: () => void;
  readonly #series = new Map<string, Judged & { readonly values: number[] }>();
  #taken = 0;

  /** `directory`: where the controller keeps its files. `judgedTables`: how some tables are judged, by their names. */
  constructor(
    options: { readonly directory: string; readonly judgedTables: ReadonlyMap<string, JudgedTable> },
    collaborators: { readonly query: Query },
  ) {
    this.#directory = options.directory;
    this.#judgedTables = options.judgedTables;
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
    for await (const { name, value, ...judged } of tableValues(this.#judgedTables, this.#query))
      this.#note(name, value, judged);
    this.#taken++;
    return sample;
  }

  /** Everything that was sampled, over time. */
  series(): readonly Series[] {
    return [...this.#series].map(([name, series]) => ({ name, ...series }));
  }

  /** Adds a value to a series. What was not there before was 0. */
  #note(name: string, value: number, judged: Judged): void {
    const series = this.#series.get(name) ?? { ...judged, values: [] };
    this.#series.set(name, series);
    while (series.values.length < this.#taken) series.values.push(0);
    series.values.push(value);
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
