import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ControllerProcess } from '../agents/controller-process.ts';
import { filled, type Reader } from '../fill.ts';
import { inDirectory } from '../in-directory.ts';
import { positiveInteger } from '../integer-options.ts';
import { forgetMostResident, mostResidentBytes, processorSeconds, residentBytes } from '../process-figures.ts';
import { WAYS, type Way } from './ways.ts';

const MEBIBYTE = 2 ** 20;
const IDLE_MS = 10_000;
/** The published limit of the project for reading a million results. */
const GOAL_MIB = 200;

/** What reading all results in one way took. Memory is resident memory of the server, MiB. */
interface ReadingCost {
  readonly way: string;
  /** Ten seconds after the start of the server. */
  readonly beforeMib: number;
  readonly mostMib: number;
  readonly growthMib: number;
  readonly resultsPerSecond: number;
  /** Processor time of the server for each result, milliseconds. */
  readonly processorMs: number;
  /** Bytes for each result, as they were sent and without compression. */
  readonly bytesSent: number;
  readonly bytes: number;
}

/**
 * Fills an empty database with `--measurements` results (default 50,000) in batches of `--batch` (default 20,000), and reads all of them through the API of
 * a controller in a separate process, in each of several ways. The controller is started again for each way. The database is `--database` (default: an
 * embedded one on disk that is removed); one that was filled with as many results before is used again. `--way` selects ways that contain a text.
 */
export function benchReads(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      measurements: { type: 'string', default: '50000' },
      batch: { type: 'string', default: '20000' },
      way: { type: 'string', default: '' },
      database: { type: 'string' },
    },
  });
  const results = positiveInteger('measurements', values.measurements);
  const perBatch = positiveInteger('batch', values.batch);
  const ways = Object.entries(WAYS).filter(([name]) => name.includes(values.way));
  return inDirectory(async (directory) => {
    const database = values.database ?? join(directory, 'data');
    const reader = await filled(database, { results, perBatch });
    const controller = await ControllerProcess.in(directory, {
      database,
      environment: { NODE_OPTIONS: `--no-warnings --import ${new URL('./made-up-names.ts', import.meta.url).href}` },
    });
    const costs: ReadingCost[] = [];
    for (const [way, readAll] of ways) {
      costs.push(await costOf({ way, readAll, results }, controller, reader));
      process.stderr.write(`${JSON.stringify(costs.at(-1))}\n`);
    }
    const growthMib = Math.max(...costs.map((cost) => cost.growthMib));
    return {
      results,
      perBatch,
      growthMib,
      isBelowGoal: growthMib < GOAL_MIB,
      loadOfMachine: loadavg()[0],
      ways: costs,
    };
  });
}

async function costOf(
  { way, readAll, results }: { readonly way: string; readonly readAll: Way; readonly results: number },
  controller: ControllerProcess,
  { key, batches }: Reader,
): Promise<ReadingCost> {
  await controller.start();
  try {
    // The start itself takes memory, part of which the server returns.
    await sleep(IDLE_MS);
    const { pid, url } = controller;
    const [before, processorBefore, started] = [residentBytes(pid), processorSeconds(pid), performance.now()];
    forgetMostResident(pid);
    const transfer = await readAll({ url, key }, batches);
    const seconds = (performance.now() - started) / 1000;
    const most = mostResidentBytes(pid);
    if (transfer.results !== undefined && transfer.results !== results)
      throw new Error(`${way}: ${transfer.results} of ${results} results were read`);
    return {
      way,
      beforeMib: Math.round(before / MEBIBYTE),
      mostMib: Math.round(most / MEBIBYTE),
      growthMib: Math.round((most - before) / MEBIBYTE),
      resultsPerSecond: Math.round(results / seconds),
      processorMs: Math.round(((processorSeconds(pid) - processorBefore) * 1e6) / results) / 1000,
      bytesSent: Math.round(transfer.bytesSent / results),
      bytes: Math.round(transfer.bytes / results),
    };
  } finally {
    await controller.kill();
  }
}
