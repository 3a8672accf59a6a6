import { IngressRanking } from '../ranking/ingress-ranking.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import { ORIGINAL_CACHE, originalRecordRoute, originalSpoofedRecordRoute, originalSymmetry } from './original.ts';
import type { Plan } from './plan.ts';

const planOf = (name: string, allowInterdomain: boolean): Plan => ({
  name,
  growsAtlas: false,
  cache: ORIGINAL_CACHE,
  ranking: (options, collaborators) => new IngressRanking({ ...options, order: 'turns' }, collaborators),
  techniques: () => [
    new AtlasIntersection(),
    originalRecordRoute(),
    originalSpoofedRecordRoute({ rounds: { sizes: [5] }, maxSpoofers: 10, failuresPerIngress: 5 }),
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
