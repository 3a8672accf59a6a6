import { formatIpv4 } from '@revtr/net';
import { isHeldBack } from '@revtr/probing';
import { SHIPPED_CALIBRATION } from './calibration/calibration.ts';
import { SuspendedExtensions } from './calibration/suspended-extensions.ts';
import { LazyList } from './collections/lazy-list.ts';
import { LateAnswers } from './late-answers.ts';
import { type FailReason, heldBackReason, isHeldBackReason } from './measurement/fail-reason.ts';
import type { Attempt, StopReason } from './measurement/result.ts';
import type { Hop } from './path/hop.ts';
import type { Plan } from './plans/plan.ts';
import { type Measurement, untold } from './techniques/contract/measurement.ts';
import { type Extended, type Extension, nothingFound, type Technique } from './techniques/contract/technique.ts';

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
  const techniques = new LazyList(plan.techniques());
  const suspended = new SuspendedExtensions(measurement.calibration ?? SHIPPED_CALIBRATION);
  const late = plan.followsLateAnswers === true ? new LateAnswers(measurement) : undefined;
  let isReviewed = false;
  /** Whether the path still reaches the source after late answers and the review. */
  const staysComplete = async (): Promise<boolean> => {
    let changed = replaceBy(await late?.awaitReplacement(), measurement, suspended, attempts);
    const review = path.isComplete && !isReviewed ? plan.review?.() : undefined;
    if (review !== undefined) {
      isReviewed = true;
      changed = await attempt(review, measurement, suspended, attempts);
    }
    if (changed?.outcome === 'extended') onProgress?.(path.hops);
    return path.isComplete;
  };
  let failReason: FailReason | undefined;
  let next = 0;
  let extensions = 0;
  while (extensions < MOST_EXTENSIONS && path.hops.length < MOST_HOPS) {
    const technique = techniques.at(next);
    const extension =
      replaceBy(late?.replacement(), measurement, suspended, attempts) ??
      (technique === undefined
        ? lastResort(measurement, suspended, attempts)
        : await attempt(technique, measurement, suspended, attempts));
    if (extension === undefined) return { stopReason: 'failed', failReason: failReason ?? noHops(measurement) };
    if (extension.outcome !== 'extended') {
      // What was held back may have found the hop: no later reason takes its place.
      if (!isHeldBackReason(failReason)) failReason = extension.failReason ?? failReason;
      next++;
      continue;
    }
    extensions++;
    suspended.clear();
    onProgress?.(path.hops);
    if (path.isComplete && (await staysComplete())) return { stopReason: 'reaches' };
    failReason = undefined;
    next = plan.resumeAt(extension.technique);
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

/** What an attempt has come to, and the technique whose hops the path has taken. */
type Attempted = Extension & { readonly technique: string };

async function attempt(
  technique: Technique,
  measurement: Measurement,
  suspended: SuspendedExtensions,
  attempts: Attempt[],
): Promise<Attempted> {
  const { path, clock, withTechnique = untold } = measurement;
  const hop = path.last.address;
  const startedAt = clock.now();
  measurement.onActivity?.({ technique: technique.name, hop });
  let found: Extension;
  try {
    found = await withTechnique(technique.name, () => technique.extend(measurement));
  } catch (error) {
    if (!isHeldBack(error)) throw error;
    found = nothingFound(error.message, heldBackReason(error, hop));
  }
  const attempted = applied({ ...found, technique: technique.name }, path, suspended);
  const { outcome, detail } = attempted;
  attempts.push({ technique: technique.name, hop, outcome, detail, ms: clock.now() - startedAt });
  return attempted;
}

/** Replaces assumed hops by those of a late answer; `undefined` when there are none. */
function replaceBy(
  found: Extended | undefined,
  { path }: Measurement,
  suspended: SuspendedExtensions,
  attempts: Attempt[],
): Attempted | undefined {
  if (found === undefined) return undefined;
  const hop = path.hops[found.from].address;
  const technique = 'otherAnswers';
  const attempted = applied({ ...found, technique }, path, suspended);
  attempts.push({ technique, hop, outcome: attempted.outcome, detail: attempted.detail, ms: 0 });
  return attempted.outcome === 'extended' ? attempted : undefined;
}

/** Extends the path by what was found, except by hops of a suspended kind, which wait until nothing better is found. */
function applied(found: Attempted, path: Measurement['path'], suspended: SuspendedExtensions): Attempted {
  if (found.outcome !== 'extended') return found;
  const { technique } = found;
  const kind = suspended.suspendedKind(found.hops);
  if (kind !== undefined) {
    suspended.keep(found);
    return { ...nothingFound(`${found.detail}, but ${kind} is suspended`), technique };
  }
  const better = found.hops.some(({ trust }) => trust === 'assumed') ? suspended.betterThan(found.hops) : undefined;
  const { from, hops, replacesRest } = better ?? found;
  if (replacesRest === true) path.cutBehind(from);
  if (path.extend(from, hops) === 0) return { ...nothingFound(`only known hops: ${found.detail}`), technique };
  if (better === undefined) return found;
  return { ...found, ...better, detail: `hops of a suspended kind are more likely than ${found.detail}` };
}

/** Extends the path by hops of a suspended kind; `undefined` when there are none. */
function lastResort({ path }: Measurement, suspended: SuspendedExtensions, attempts: Attempt[]): Attempted | undefined {
  const kept = suspended.betterThan();
  const hop = path.last.address;
  if (kept === undefined || path.extend(kept.from, kept.hops) === 0) return undefined;
  const detail = `${kept.hops.length} hops of a suspended kind, because nothing else was found`;
  attempts.push({ technique: kept.technique, hop, outcome: 'extended', detail, ms: 0 });
  return { outcome: 'extended', ...kept, detail };
}
