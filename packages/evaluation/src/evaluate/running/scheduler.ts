import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Unit, unitName } from '../units/unit.ts';
import type { UnitResult } from '../units/unit-result.ts';
import { worldName } from '../units/world-spec.ts';

export interface ScheduleOptions {
  /** Results that are reused, by name of the unit. */
  readonly stored: ReadonlyMap<string, UnitResult>;
  /** Folder in which the result of each other unit is stored. Without, results are not stored. */
  readonly folder: string | undefined;
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
  const { stored, folder, cores, onProgress } = options;
  const results = new Map(stored);
  const missing = units.filter((unit) => !results.has(unitName(unit)));
  const worlds = [...Map.groupBy(missing, worldName).values()];
  const onResult = async (result: UnitResult): Promise<void> => {
    const name = unitName(result.unit);
    results.set(name, result);
    onProgress(`${name}: ${results.size} of ${units.length} done`);
    if (folder !== undefined) await store(join(folder, `${name}.json`), result);
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

/** Results that the folder holds, by name of the unit. */
export async function storedResults(
  units: readonly Unit[],
  folder: string | undefined,
): Promise<Map<string, UnitResult>> {
  const results = new Map<string, UnitResult>();
  if (folder === undefined) return results;
  await mkdir(folder, { recursive: true });
  for (const name of units.map(unitName)) {
    const kept = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => undefined);
    if (kept !== undefined) results.set(name, JSON.parse(kept));
  }
  return results;
}

async function store(path: string, result: UnitResult): Promise<void> {
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
