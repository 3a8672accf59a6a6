import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { type Unit, unitName } from '../units/unit.ts';
import type { UnitResult } from '../units/unit-result.ts';
import { worldName } from '../units/world-spec.ts';

export interface ScheduleOptions {
  /** Results that are reused, by name of the unit. */
  readonly stored: ReadonlyMap<string, UnitResult>;
  /** Folder in which the result of each other unit is stored. Without, results are not stored. */
  readonly folder: string | undefined;
  /** Commit that the results come from; it is stored with them. */
  readonly commit: string;
  /** Most worlds that are simulated at the same time. */
  readonly cores: number;
  /** Receives a message after each unit. */
  readonly onProgress: (message: string) => void;
}

interface WorkerAnswer {
  readonly result?: UnitResult;
  readonly error?: string;
  readonly isDone?: true;
}

/**
 * Runs the units without a stored result in worker threads, the units of one world in the same thread. Returns the results of all in
 * the order of `units`.
 * @throws {Error} with the name of the world, when one of its units fails
 */
export async function runUnits(units: readonly Unit[], options: ScheduleOptions): Promise<UnitResult[]> {
  const { stored, folder, commit, cores, onProgress } = options;
  const results = new Map(stored);
  const missing = units.filter((unit) => !results.has(unitName(unit)));
  const worlds = [...Map.groupBy(missing, worldName).values()];
  const onResult = async (result: UnitResult): Promise<void> => {
    const name = unitName(result.unit);
    results.set(name, result);
    onProgress(`${name}: ${results.size} of ${units.length} done`);
    if (folder !== undefined) await store(join(folder, `${name}.json`), { commit, ...result });
  };
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./unit-worker.ts', import.meta.url));
    try {
      while (next < worlds.length) await runOn(worker, worlds[next++], onResult);
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(cores, worlds.length) }, work));
  return units.flatMap((unit) => results.get(unitName(unit)) ?? []);
}

/** What is read of a stored result before it is used. */
const provenanceSchema = z.looseObject({ commit: z.string().max(100) });

/** Results of this commit that the folder holds, by name of the unit. Those of other commits are left out, and `warn` says so. */
export async function storedResults(
  units: readonly Unit[],
  {
    folder,
    commit,
    warn,
  }: { readonly folder: string | undefined; readonly commit: string; readonly warn: (message: string) => void },
): Promise<Map<string, UnitResult>> {
  const results = new Map<string, UnitResult>();
  if (folder === undefined) return results;
  await mkdir(folder, { recursive: true });
  for (const name of units.map(unitName)) {
    const kept = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => undefined);
    if (kept === undefined) continue;
    const result = JSON.parse(kept);
    const found = provenanceSchema.safeParse(result).data?.commit ?? 'unknown';
    if (found === commit) results.set(name, result);
    else warn(`${name}: the stored result is of commit ${found}, not ${commit}; the pairs are measured again`);
  }
  return results;
}

async function store(path: string, result: UnitResult & { readonly commit: string }): Promise<void> {
  // The file is renamed when it is complete, because an interrupted run must not leave a partial result.
  await writeFile(`${path}.part`, JSON.stringify(result));
  await rename(`${path}.part`, path);
}

function runOn(worker: Worker, units: readonly Unit[], onResult: (result: UnitResult) => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const stored: Promise<void>[] = [];
    const end = (finish: () => void): void => {
      worker.off('error', onError);
      worker.off('message', onMessage);
      finish();
    };
    const onError = (error: Error): void => end(() => reject(error));
    const onMessage = ({ result, error, isDone }: WorkerAnswer): void => {
      if (result !== undefined) stored.push(onResult(result));
      if (error !== undefined) end(() => reject(new Error(`${worldName(units[0])}: ${error}`)));
      if (isDone) end(() => Promise.all(stored).then(() => resolve(), reject));
    };
    worker.on('error', onError);
    worker.on('message', onMessage);
    worker.postMessage(units);
  });
}
