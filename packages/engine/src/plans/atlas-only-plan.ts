import { DistanceRanking } from '../ranking/distance-ranking.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import type { Plan } from './plan.ts';
import { reversedTraceroute } from './symmetry-plan.ts';

/** Forward traceroutes and an atlas, without any packet that has options: the reversed traceroute until it meets a path of the atlas. */
export const atlasOnlyPlan: Plan = {
  name: 'atlas-only',
  growsAtlas: false,
  ranking: (options, collaborators) => new DistanceRanking(options, collaborators),
  techniques: () => [new AtlasIntersection({ usesRecordRoute: false }), reversedTraceroute()],
  resumeAt: () => 0,
};
