import { loadavg } from 'node:os';
import { SINGLE_PROCESS } from '@revtr/lab/local-cluster';
import { integerOptions } from '../integer-options.ts';
import { MeasuredCluster } from './measured-cluster.ts';

const SOURCES = 4;
/** The medium Internet has no more networks for vantage points. */
const MOST_ON_MEDIUM = 500;
const GOAL_PER_SECOND = 1_740;

/**
 * Measures `--measurements` reverse traceroutes (default 10,000) on the whole real path: HTTP API, engine, gateway, TLS, `--agents` agents (default
 * 1,000) in another process that answer from the simulator with its round-trip times, and PostgreSQL. All are submitted at once; the controller
 * decides how many are under way, at most `--concurrency` (default 2,000). Requires root.
 */
export async function benchFleet(args: readonly string[]) {
  const defaults = { agents: 1_000, measurements: 10_000, concurrency: 2_000 };
  const { agents, measurements, concurrency } = integerOptions(args, defaults);
  const system = await MeasuredCluster.start({
    layout: SINGLE_PROCESS,
    size: agents > MOST_ON_MEDIUM ? 'large' : 'medium',
    sources: SOURCES,
    vantagePoints: agents - SOURCES,
    concurrency,
  });
  try {
    await system.measure(Math.ceil(measurements / 5));
    const load = await system.measure(measurements);
    return {
      agents,
      ...load,
      shareOfGoal: Math.round((100 * load.reachedPerSecond) / GOAL_PER_SECOND) / 100,
      loadOfMachine: loadavg()[0],
      costs: await system.costs(Math.ceil(measurements / 5)),
    };
  } finally {
    await system.stop();
  }
}
