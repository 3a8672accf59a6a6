import { DistanceRanking } from '../ranking/distance-ranking.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import { Timestamp } from '../techniques/timestamp.ts';
import { ORIGINAL_CACHE, originalRecordRoute, originalSpoofedRecordRoute, originalSymmetry } from './original.ts';
import type { Plan } from './plan.ts';

/**
 * The original's 1.0 (NSDI 2010): the atlas by exact address and alias alone, vantage points nearest by past distance, adjacencies proved by
 * timestamps, and symmetry wherever nothing else leads on, across borders as well.
 */
export const revtr1Plan: Plan = {
  name: 'revtr1',
  growsAtlas: false,
  cache: ORIGINAL_CACHE,
  ranking: (options, collaborators) => new DistanceRanking(options, collaborators),
  techniques: () => [
    new AtlasIntersection({ usesRecordRoute: false }),
    originalRecordRoute(),
    originalSpoofedRecordRoute({
      rounds: { sizes: [3] },
      maxSpoofers: 30,
      failuresPerIngress: Number.POSITIVE_INFINITY,
    }),
    new Timestamp({ isDefault: true, candidatesPerHop: 30, spoofersPerHop: 5, timeoutMs: 20_000 }),
    originalSymmetry({ allowInterdomain: true }),
  ],
  resumeAt: () => 0,
};
