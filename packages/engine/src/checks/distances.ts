import type { Ipv4Address } from '@revtr/net';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';
import type { TargetAnswers } from '../techniques/contract/target-answers.ts';

/** A path after a check: its hops, and the probability that every hop is right, 0 to 1. */
export interface CheckedPath {
  readonly hops: readonly Hop[];
  readonly confidence: number;
}

/**
 * Factors of the confidence of a hop, and of the whole path, when distances show that packets of the destination take another path. Without such
 * routing, 1 % of the paths of the simulator (profile `kind`, seeds 1 to 3) are in doubt because a router counts twice, and 8 of 11 are right.
 */
const DOUBT = { hop: 0.85, path: 0.6 };

/**
 * Compares the path with the number of links that answers have crossed on their way back, which the TTL of each answer tells. A path that is
 * longer than the way of the packets it is made for is not their way. From the first hop that is in doubt the hops are `inferred`, with less
 * confidence, and the first one has the divergence `notDestinationBased`.
 *
 * - Answers of the destination with options that have crossed another number of links than its answer to a plain ping take another path: every
 *   hop is in doubt.
 * - The hops that packets of a later hop have shown are in doubt when packets of an earlier hop cross fewer links than the path has.
 */
export function checkedByDistances(measurement: Measurement): CheckedPath {
  const { path } = measurement;
  const { hops, confidence } = path;
  const from = optionsTakeAnotherWay(measurement) ? 1 : firstFromAnotherWay(measurement);
  if (from === undefined || from >= hops.length - 1) return { hops, confidence };
  const checked = hops.map((hop, i) =>
    i < from ? hop : doubted(hop, { isFirst: i === from, isSource: hop.address === path.source }),
  );
  return { hops: checked, confidence: confidence * DOUBT.path };
}

function doubted(hop: Hop, { isFirst, isSource }: { readonly isFirst: boolean; readonly isSource: boolean }): Hop {
  const trust = hop.trust === 'measured' ? 'inferred' : hop.trust;
  // Wherever the packets go, they end at the source.
  if (isSource) return { ...hop, trust };
  const divergence = isFirst ? { divergence: hop.divergence ?? ('notDestinationBased' as const) } : {};
  return { ...hop, trust, confidence: hop.confidence * DOUBT.hop, ...divergence };
}

function optionsTakeAnotherWay({ path, plainPings, targetAnswers }: Measurement): boolean {
  const destination = path.hops[0].address;
  const plain = plainPings.distanceSoFar(destination);
  const withOptions = distancesOf(targetAnswers, destination);
  return plain !== undefined && withOptions.length > 0 && !withOptions.includes(plain);
}

const distancesOf = (answers: TargetAnswers, target: Ipv4Address): number[] =>
  answers.answersOf(target).map(({ distance }) => distance);

/** Position of the first hop that was found from packets which take another way than those of a hop before; `undefined` when there is none. */
function firstFromAnotherWay({ path, targetAnswers, aliases }: Measurement): number | undefined {
  const { hops } = path;
  const distances = hops.map(({ address }) => distancesOf(targetAnswers, address));
  // The source itself is no link away.
  if (path.isComplete) distances[hops.length - 1] = [0];
  /** Links from hop `from` to hop `to`. A router that was placed between two hops may be one of them. */
  const linksBetween = (from: number, to: number): number =>
    hops.slice(from + 1, to + 1).filter(({ technique }) => technique !== 'atlasBetween').length;
  const isFoundFrom = (hop: Hop, target: Hop): boolean =>
    'target' in hop.evidence && aliases.sameRouter(hop.evidence.target, target.address);
  for (const [i, own] of distances.entries()) {
    if (own.length === 0) continue;
    const isTooFar = (behind: readonly number[], j: number): boolean =>
      j > i && behind.length > 0 && Math.max(...own) < Math.min(...behind) + linksBetween(i, j);
    if (!distances.some(isTooFar)) continue;
    const from = hops.findIndex((hop, at) => at > i && !isFoundFrom(hop, hops[i]));
    return from < 0 ? undefined : from;
  }
  return undefined;
}
