import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { addDatasets } from './sim-datasets.ts';
import { addTruth } from './sim-truth.ts';

/** `revtr sim`. The import `#simulator-commands` leads here in the repository, and to `no-simulator.ts` in the published package. */
export function addSimulator(program: Command, context: Context): void {
  const sim = program.command('sim').description('Inspect a simulated Internet');
  addTruth(sim, context);
  addDatasets(sim, context);
}
