import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KernelLabError } from '../../namespaces/errors.ts';
import { runScenario, type ScenarioResult } from '../judging/scenario.ts';
import { resultTable } from '../judging/table.ts';
import { randomTopology } from '../random/random-topology.ts';
import { startKernelSystem } from '../system/kernel-system.ts';
import { parseTopology } from '../topology/parse.ts';
import type { KernelTopology } from '../topology/topology.ts';
import { Holder } from './holder.ts';
import { say, stopSignal } from './up.ts';

const SCENARIOS = join(import.meta.dirname, '../scenarios');

export interface JudgeOptions {
  /** Starts the names of the namespaces. */
  readonly name: string;
  /** Topology files to run instead of the scenarios of this package. */
  readonly files: readonly string[];
  /** Seed of a random topology to run instead of files. */
  readonly seed?: number;
  readonly isJson: boolean;
}

interface Scenario {
  readonly name: string;
  readonly topology: KernelTopology;
}

/**
 * Runs the scenarios one after the other and prints the table of results. A scenario whose lab does not start is reported and left out.
 * Returns the exit code, which is 1 if a scenario was left out.
 * @throws {KernelLabError} `alreadyRunning`
 */
export async function judgeScenarios(options: JudgeOptions): Promise<number> {
  return new Holder(options.name).during(() => judge(options));
}

async function judge({ name, files, seed, isJson }: JudgeOptions): Promise<number> {
  const signal = stopSignal();
  const results: ScenarioResult[] = [];
  const scenarios = scenariosOf(files, seed);
  for (const scenario of scenarios) {
    if (signal.aborted) break;
    say(scenario.name);
    try {
      results.push(await runInLab(scenario, name, signal));
    } catch (error) {
      if (!(error instanceof KernelLabError)) throw error;
      say(`lab: ${scenario.name}: ${error.message}`);
    }
  }
  process.stdout.write(
    isJson ? `${JSON.stringify(results, null, 2)}\n` : `${resultTable(results)}${wrongPaths(results)}`,
  );
  return results.length === scenarios.length ? 0 : 1;
}

async function runInLab({ name, topology }: Scenario, prefix: string, signal: AbortSignal): Promise<ScenarioResult> {
  const system = await startKernelSystem(topology, { prefix, port: 0, signal });
  try {
    return await runScenario(name, system);
  } finally {
    await system.stop();
  }
}

function scenariosOf(files: readonly string[], seed: number | undefined): Scenario[] {
  if (seed !== undefined) return [{ name: `random ${seed}`, topology: parseTopology(randomTopology(seed)) }];
  const all = readdirSync(SCENARIOS)
    .sort()
    .map((file) => join(SCENARIOS, file));
  return (files.length > 0 ? files : all).map((file) => ({
    name: basename(file, '.json'),
    topology: parseTopology(JSON.parse(readFileSync(file, 'utf8'))),
  }));
}

const wrongPaths = (results: readonly ScenarioResult[]): string =>
  results
    .flatMap(({ scenario, wrongPaths: paths }) => paths.map(({ round, path }) => `${scenario}, ${round}: ${path}\n`))
    .join('');
