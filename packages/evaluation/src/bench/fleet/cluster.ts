import { loadavg } from 'node:os';
import { type PlannedProcess, SINGLE_PROCESS, separateProcesses } from '@revtr/lab/local-cluster';
import { integerOptions } from '../integer-options.ts';
import { MeasuredCluster } from './measured-cluster.ts';

const SOURCES = 8;
const ENGINES = [1, 2, 4];

/**
 * Measures `--measurements` reverse traceroutes (default 4,000) with a single process, and with processes of one role each and 1, 2 and 4 engines.
 * All use PostgreSQL, and the processes of one role NATS. Compares the processor time of the controller, without agents, PostgreSQL and NATS.
 * `--agents` agents (default 100) answer from the simulator. Requires root.
 */
export async function benchCluster(args: readonly string[]) {
  const options = integerOptions(args, { agents: 100, measurements: 4_000 });
  const single = await run(SINGLE_PROCESS, options);
  const clusters = [];
  for (const engines of ENGINES) {
    const layout = separateProcesses({ api: 1, engine: engines, gateway: 1, atlas: 1, mail: 1 });
    const figures = await run(layout, options);
    const ratio = figures.processorMs.controller / single.processorMs.controller;
    clusters.push({ engines, ratioToSingleProcess: Math.round(100 * ratio) / 100, ...figures });
  }
  return { ...options, single, clusters };
}

async function run(
  layout: readonly PlannedProcess[],
  { agents, measurements }: { readonly agents: number; readonly measurements: number },
) {
  const vantagePoints = agents - SOURCES;
  const system = await MeasuredCluster.start({
    ...{ layout, size: 'medium', sources: SOURCES, vantagePoints, concurrency: measurements },
  });
  try {
    // The first measurements also learn which targets are silent.
    await system.measure(Math.ceil(measurements / 2));
    const { measurements: _, ...load } = await system.measure(measurements);
    return { ...load, loadOfMachine: loadavg()[0], costs: await system.costs(Math.ceil(measurements / 2)) };
  } finally {
    await system.stop();
  }
}
