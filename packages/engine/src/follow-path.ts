import { formatIpv4 } from '@revtr/net';
import { isHeldBack } from '@revtr/probing';
import { type FailReason, heldBackReason, isHeldBackReason } from './measurement/fail-reason.ts';
import type { Attempt, StopReason } from './measurement/result.ts';
import type { Hop } from './path/hop.ts';
import type { Plan } from './plans/plan.ts';
import { type Measurement, untold } from './techniques/contract/measurement.ts';
import { type Extension, nothingFound, type Technique } from './techniques/contract/technique.ts';
import { beginDistanceCheck, checkDistance } from './techniques/forward-path/distance-check.ts';

const MOST_EXTENSIONS = 64;
const MOST_HOPS = 64;

/** How the search for a path ended. */
export interface PathEnd {
  readonly stopReason: StopReason;
  readonly failReason?: FailReason;
}

/**
 * Asks the techniques of a plan in turn until the path reaches the source or no technique extends it. After an extension the plan says which
 * technique is asked next. A technique whose probes are held back to protect a network has found nothing, and the next one is asked.
 * Appends to `attempts`. @throws {ProbingError} `cancelled`
 */
export async function followPath(
  plan: Plan,
  measurement: Measurement,
  attempts: Attempt[],
  onProgress?: (hops: readonly Hop[]) => void,
): Promise<PathEnd> {
  const { path } = measurement;
  if (path.isComplete) return { stopReason: 'trivial' };
  const techniques = plan.techniques();
  let isPinged = !plan.checksDistance;
  let failReason: FailReason | undefined;
  let next = 0;
  let extensions = 0;
  while (extensions < MOST_EXTENSIONS && path.hops.length < MOST_HOPS) {
    if (next >= techniques.length) return { stopReason: 'failed', failReason: failReason ?? noHops(measurement) };
    const technique = techniques[next];
    if (!isPinged && technique.sendsOptions === true) {
      isPinged = true;
      beginDistanceCheck(measurement);
    }
    const extension = await attempt(technique, measurement, attempts);
    if (extension.outcome !== 'extended') {
      // What was held back may have found the hop: no later reason takes its place.
      if (!isHeldBackReason(failReason)) failReason = extension.failReason ?? failReason;
      next++;
      continue;
    }
    extensions++;
    onProgress?.(path.hops);
    if (path.isComplete) {
      if (plan.checksDistance) examine(measurement, attempts);
      return { stopReason: 'reaches' };
    }
    failReason = undefined;
    next = plan.resumeAt(technique.name);
  }
  const details = { hops: path.hops.length, extensions };
  return {
    stopReason: 'failed',
    failReason: { code: 'tooManySteps', hop: path.last.address, message: 'The path has too many steps', details },
  };
}

function noHops({ path }: Measurement): FailReason {
  const hop = path.last.address;
  return { code: 'noHops', hop, message: `no technique found a hop behind ${formatIpv4(hop)}`, details: {} };
}

function examine(measurement: Measurement, attempts: Attempt[]): void {
  const detail = checkDistance(measurement);
  if (detail === undefined) return;
  const hop = measurement.path.hops[0].address;
  attempts.push({ technique: 'distanceCheck', hop, outcome: 'nothingFound', detail, ms: 0 });
}

async function attempt(technique: Technique, measurement: Measurement, attempts: Attempt[]): Promise<Extension> {
  const { path, clock, withTechnique = untold } = measurement;
  const hop = path.last.address;
  const startedAt = clock.now();
  const extend = withTechnique(technique.name, () => technique.extend(measurement));
  let extension = await extend.catch((error: unknown) => {
    if (!isHeldBack(error)) throw error;
    return nothingFound(error.message, heldBackReason(error, hop));
  });
  if (extension.outcome === 'extended' && path.extend(extension.from, extension.hops) === 0) {
    extension = { outcome: 'nothingFound', detail: `only known hops: ${extension.detail}` };
  }
  const { outcome, detail } = extension;
  attempts.push({ technique: technique.name, hop, outcome, detail, ms: clock.now() - startedAt });
  return extension;
}
