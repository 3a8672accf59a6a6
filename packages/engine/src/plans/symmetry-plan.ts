import { DistanceRanking } from '../ranking/distance-ranking.ts';
import { AssumedSymmetry } from '../techniques/assumed-symmetry.ts';
import { traceWhole } from '../techniques/forward-path/trace-whole.ts';
import type { Plan } from './plan.ts';

/**
 * What everybody can do without a reverse traceroute: the forward traceroute from the source, reversed. Where the destination is silent the
 * path begins at the last router that answers.
 */
export const symmetryPlan: Plan = {
  name: 'symmetry',
  growsAtlas: false,
  ranking: (options, collaborators) => new DistanceRanking(options, collaborators),
  techniques: () => [reversedTraceroute()],
  resumeAt: () => 0,
};

/** Every hop of the forward traceroute, the last one first. */
export const reversedTraceroute = (): AssumedSymmetry =>
  new AssumedSymmetry({
    allowInterdomain: true,
    trustGateways: true,
    ownersByRelation: true,
    allowIncomplete: true,
    trace: (measurement, target) => traceWhole(measurement, target, { timeoutMs: 1_000, attempts: 2, gapLimit: 5 }),
  });
