import { createRandom } from '@revtr/probing';
import type { SimulatedInternet } from '@revtr/sim';
import { scheduleChanges } from '../../evaluate-atlas/routing-changes.ts';

/** Share of the links between networks that fail within a day, and how long they are down on average. */
const FAILING_LINKS = 0.01;
const MEAN_HOURS = 8;
/** Share of the networks that change their prepending within a day. */
const PREPENDING_NETWORKS = 0.02;
const HOUR_MS = 3_600_000;

/** Schedules the routing changes of `days` days, from the seed of the Internet: link failures and changes of prepending. */
export function scheduleDailyChanges(internet: SimulatedInternet, days: number): number {
  const { parameters } = internet;
  const { interfaces, networks } = internet.topology;
  const borderLinks = interfaces.adjacency.reduce((count, adjacency) => count + (adjacency >= 0 ? 0.5 : 0), 0);
  const rates = {
    // In some profiles links fail by themselves.
    failuresPerDay: parameters.linkFailuresPerDay > 0 ? 0 : Math.round(borderLinks * FAILING_LINKS),
    meanHours: MEAN_HOURS,
    prependsPerDay: Math.round(networks.count * PREPENDING_NETWORKS),
    stepMs: HOUR_MS,
  };
  return scheduleChanges(internet, rates, days, createRandom(internet.parameters.seed).fork('routing changes'));
}
