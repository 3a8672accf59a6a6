import { IngressRanking } from '../ranking/ingress-ranking.ts';
import { AssumedSymmetry } from '../techniques/assumed-symmetry.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import { traceWhole } from '../techniques/forward-path/trace-whole.ts';
import { DirectRecordRoute } from '../techniques/record-route.ts';
import { SpoofedRecordRoute } from '../techniques/spoofed-record-route.ts';
import type { Plan } from './plan.ts';
import { SPOOF_TIMEOUT_MS, TICK_MS, tickDeadline } from './ticks.ts';

/**
 * The original's 2.0 (IMC 2022), as its public code has it: batches of five spoofers, ten a hop, fixed ticks, the atlas
 * not asked between spoofed rounds, no assumption across borders, destinations that do not stamp not read. Its ingress
 * ranking is replaced by the ranking given.
 */
export const revtr2Plan: Plan = {
  name: 'revtr2',
  growsAtlas: false,
  ranking: (options, collaborators) => new IngressRanking({ ...options, order: 'turns' }, collaborators),
  techniques: () => [
    new AtlasIntersection(),
    new DirectRecordRoute({
      useHeuristics: false,
      timeoutMs: 20_000,
      isAdaptive: false,
      pingsDestination: false,
      skipOutOfReach: false,
    }),
    new SpoofedRecordRoute({
      rounds: { sizes: [5] },
      maxSpoofers: 10,
      failuresPerIngress: 5,
      prefersIdleSpoofers: false,
      learnsSilences: false,
      confirmsContradictions: false,
      pingsTargets: false,
      targetsPerSegment: Number.POSITIVE_INFINITY,
      useHeuristics: false,
      deadline: tickDeadline,
      timeoutMs: SPOOF_TIMEOUT_MS + TICK_MS,
    }),
    new AssumedSymmetry({
      allowInterdomain: false,
      trustGateways: false,
      ownersByRelation: false,
      allowIncomplete: false,
      trace: (measurement, target) => traceWhole(measurement, target, { timeoutMs: 2_000, attempts: 1, gapLimit: 5 }),
    }),
  ],
  resumeAt: (technique) => (technique === 'spoofedRecordRoute' ? 1 : 0),
};
