import { IngressRanking } from '../ranking/ingress-ranking.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import { DirectRecordRoute } from '../techniques/record-route.ts';
import { SpoofedRecordRoute } from '../techniques/spoofed-record-route.ts';
import { ORIGINAL_CACHE, ORIGINAL_PING_MS, originalSymmetry } from './original.ts';
import type { Plan } from './plan.ts';
import { SPOOF_TIMEOUT_MS, TICK_MS, tickDeadline } from './ticks.ts';

const planOf = (name: string, allowInterdomain: boolean): Plan => ({
  name,
  growsAtlas: false,
  cache: ORIGINAL_CACHE,
  ranking: (options, collaborators) => new IngressRanking({ ...options, order: 'turns' }, collaborators),
  techniques: () => [
    new AtlasIntersection(),
    new DirectRecordRoute({
      useHeuristics: false,
      timeoutMs: ORIGINAL_PING_MS,
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
    originalSymmetry({ allowInterdomain }),
  ],
  resumeAt: () => 0,
});

/**
 * The original's 2.0 (IMC 2022): its caches, batches of five spoofers, ten a hop, fixed ticks, no assumption across borders, destinations
 * that do not stamp not read. Its ingress ranking is replaced by the ranking given. The atlas is asked after every new hop; the public code
 * does not ask it between spoofed rounds.
 */
export const revtr2Plan: Plan = planOf('revtr2', false);

/** The original as it runs since 2025: where `revtr2` gives up, it continues with an assumption that is labelled (hop types 11 and 12). */
export const revtr2LabelledPlan: Plan = planOf('revtr2-labelled', true);
