import { AssumedSymmetry } from '../techniques/assumed-symmetry.ts';
import { AtlasIntersection } from '../techniques/atlas-intersection.ts';
import { traceWhole } from '../techniques/forward-traceroute.ts';
import { DirectRecordRoute } from '../techniques/record-route.ts';
import { SpoofedRecordRoute } from '../techniques/spoofed-record-route.ts';
import type { RoundState } from '../timing/round.ts';
import type { Plan } from './plan.ts';

const TICK_MS = 5_000;
const SPOOF_TIMEOUT_MS = 20_000;

/**
 * The original's waiting rule: every 5 s it looks; it stops at the second look after the first answer, and without any
 * answer one look after the timeout.
 */
function tickDeadline({ firstAnswerMs }: RoundState): number {
  if (firstAnswerMs === undefined) return SPOOF_TIMEOUT_MS + TICK_MS;
  return (Math.floor(firstAnswerMs / TICK_MS) + 2) * TICK_MS;
}

/**
 * The original's 2.0 (IMC 2022), as its public code has it: batches of five spoofers, ten a hop, fixed ticks, the atlas
 * not asked between spoofed rounds, no assumption across borders, destinations that do not stamp not read. Its ingress
 * ranking is replaced by the ranking given.
 */
export const revtr2Plan: Plan = {
  name: 'revtr2',
  growsAtlas: false,
  techniques: () => [
    new AtlasIntersection(),
    new DirectRecordRoute({ useHeuristics: false, timeoutMs: 20_000, isAdaptive: false, skipOutOfReach: false }),
    new SpoofedRecordRoute({
      roundSizes: [5],
      maxSpoofers: 10,
      targetsPerSegment: Number.POSITIVE_INFINITY,
      useHeuristics: false,
      deadline: tickDeadline,
      timeoutMs: SPOOF_TIMEOUT_MS + TICK_MS,
    }),
    new AssumedSymmetry({
      allowInterdomain: false,
      trustGateways: false,
      allowIncomplete: false,
      trace: (measurement, target) => traceWhole(measurement, target, { timeoutMs: 2_000, attempts: 1, gapLimit: 5 }),
    }),
  ],
  resumeAt: (technique) => (technique === 'spoofedRecordRoute' ? 1 : 0),
};
