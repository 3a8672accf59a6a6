import type { ProbeCacheOptions } from '../knowledge/probe-cache.ts';
import { AssumedSymmetry } from '../techniques/assumed-symmetry.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';
import type { Technique } from '../techniques/contract/technique.ts';
import { traceWhole } from '../techniques/forward-path/trace-whole.ts';
import { DirectRecordRoute } from '../techniques/record-route.ts';
import { SpoofedRecordRoute, type SpoofedRecordRouteOptions } from '../techniques/spoofed-record-route.ts';
import { SteppingBack } from '../techniques/stepping-back.ts';
import { SPOOF_TIMEOUT_MS, TICK_MS, tickDeadline } from './ticks.ts';

/**
 * The caches of the original. The public code takes the time from its configuration, which is not public; a day is the age up to which it
 * uses the paths of the atlas.
 */
export const ORIGINAL_CACHE: ProbeCacheOptions = { keepMs: 86_400_000, keepSilenceMs: 60_000, capacity: 500_000 };

/** How long the original waits for the answer to a ping of its own: what scamper's `ping -c 1` waits by default, milliseconds. */
const PING_MS = 1_000;

/** The forward traceroute of the original: one attempt a hop, two seconds each, until five hops in a row are silent. */
const traceAsOriginal = (measurement: Measurement, target: number) =>
  traceWhole(measurement, target, { timeoutMs: 2_000, attempts: 1, gapLimit: 5 });

/** The ping with which the original asks the last hop from the source itself. */
export const originalRecordRoute = (): Technique =>
  new DirectRecordRoute({
    useHeuristics: false,
    timeoutMs: PING_MS,
    isAdaptive: false,
    pingsDestination: false,
    overlapsLikelySilence: false,
    skipOutOfReach: false,
  });

/** The spoofed batches of the original, which end at ticks. */
export const originalSpoofedRecordRoute = (
  options: Pick<SpoofedRecordRouteOptions, 'rounds' | 'maxSpoofers' | 'failuresPerIngress'>,
): Technique =>
  new SpoofedRecordRoute({
    ...options,
    prefersIdleSpoofers: false,
    learnsSilences: false,
    confirmsContradictions: false,
    pingsTargets: false,
    targetsPerSegment: Number.POSITIVE_INFINITY,
    useHeuristics: false,
    deadline: tickDeadline,
    timeoutMs: SPOOF_TIMEOUT_MS + TICK_MS,
  });

/** The last resort of the original: the hop before the last one on the forward path, and candidates kept for a dead end. */
export const originalSymmetry = (options: { readonly allowInterdomain: boolean }): Technique =>
  new SteppingBack(
    new AssumedSymmetry({
      ...options,
      trustGateways: false,
      ownersByRelation: false,
      allowIncomplete: false,
      trace: traceAsOriginal,
    }),
  );
