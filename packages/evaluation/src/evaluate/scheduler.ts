import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Unit, type UnitResult, unitName } from './unit.ts';

export interface ScheduleOptions {
  /** Folder with the result of each unit. Stored results are reused. Default: results are not stored. */
  readonly folder?: string;
  /** Receives a message after each unit. */
  readonly onProgress: (message: string) => void;
}

interface WorkerAnswer {
  readonly result?: UnitResult;
  readonly error?: string;
}

/**
 * Runs units in worker threads, one for each core, and returns their results in the order of `units`. Reads the results that
 * are already in the folder.
 * @throws {Error} with the name of the unit, when a unit fails
 */
export async function runUnits(units: readonly Unit[], { folder, onProgress }: ScheduleOptions): Promise<UnitResult[]> {
  if (folder !== undefined) await mkdir(folder, { recursive: true });
  const results: UnitResult[] = new Array(units.length);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./unit-worker.ts', import.meta.url));
    try {
      while (next < units.length) {
        const i = next++;
        results[i] = await runOrRead(worker, units[i], folder);
        done++;
        onProgress(`${unitName(units[i])}: ${done} of ${units.length} done`);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), units.length) }, work));
  return results;
}

async function runOrRead(worker: Worker, unit: Unit, folder: string | undefined): Promise<UnitResult> {
  if (folder === undefined) return runOn(worker, unit);
  const path = join(folder, `${unitName(unit)}.json`);
  const kept = await readFile(path, 'utf8').catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept);
  const result = await runOn(worker, unit);
  // The file is renamed when it is complete, because an interrupted run must not leave a partial result.
  await writeFile(`${path}.part`, JSON.stringify(result));
  await rename(`${path}.part`, path);
  return result;
}

function runOn(worker: Worker, unit: Unit): Promise<UnitResult> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', ({ result, error }: WorkerAnswer) => {
      worker.off('error', reject);
      if (result !== undefined) resolve(result);
      else reject(new Error(`${unitName(unit)}: ${error}`));
    });
    worker.postMessage(unit);
  });
}
