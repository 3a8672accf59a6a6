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
 * 1,000) in another process that answer from the simulator with its round-trip times, and PostgreSQL. Requires root.
 */
export async function benchFleet(args: readonly string[]) {
  const { agents, measurements } = integerOptions(args, { agents: 1_000, measurements: 10_000 });
  const system = await MeasuredCluster.start({
    layout: SINGLE_PROCESS,
    size: agents > MOST_ON_MEDIUM ? 'large' : 'medium',
    sources: SOURCES,
    vantagePoints: agents - SOURCES,
    concurrency: measurements,
  });
  try {
    await system.measure(Math.ceil(measurements / 5));
    const { perSecond, ...load } = await system.measure(measurements);
    return {
      agents,
      ...load,
      perSecond,
      shareOfGoal: Math.round((100 * perSecond) / GOAL_PER_SECOND) / 100,
      loadOfMachine: loadavg()[0],
      costs: await system.costs(Math.ceil(measurements / 5)),
    };
  } finally {
    await system.stop();
  }
}
