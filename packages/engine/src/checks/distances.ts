import type { Ipv4Address } from '@revtr/net';
import type { Hop } from '../path/hop.ts';
import { asInferred } from '../path/trust.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';
import type { TargetAnswers } from '../techniques/contract/target-answers.ts';

/** A path after a check: its hops, and the probability that every hop is right, 0 to 1. */
export interface CheckedPath {
  readonly hops: readonly Hop[];
  readonly confidence: number;
}

/** What the length of a path says about it. */
interface LengthEvidence {
  /** How much more likely the length is for a path of which every hop is right than for another one. */
  readonly ratio: number;
}

/** Doubt in the hops of a path, with a factor of the confidence of each of them. */
interface Doubt extends LengthEvidence {
  readonly hop: number;
}

// The ratios are from development seeds 1 to 6 of the simulator, profile `published`, family `grown`, size medium, fleets of 10 and 50, 3,600 paths.

/**
 * Doubt in a path that is one link too long: in most cases a router counts twice, because it has stamped two addresses that are not known as
 * aliases.
 */
const ONE_LINK: Doubt = { hop: 0.97, ratio: 0.52 };
/** Doubt where a router that counts twice is no explanation. */
const OTHER_WAY: Doubt = { hop: 0.83, ratio: 0.2 };
/**
 * Doubt where every router of the stretch is known by all its addresses, so that none can count twice: some of its hops are not on the way. If
 * the other way leaves and joins the path anywhere with the same probability, 44 % of them are wrong.
 */
const CERTAINLY_OTHER_WAY: Doubt = { hop: 0.56, ratio: 0.05 };
/** A path that is longer than the way of plain pings of the destination, where nothing says at which hop it leaves that way. */
const LONGER_THAN_PLAIN: Doubt = { hop: 0.83, ratio: 0.1 };
/** The path has as many links as the answers of the destination have crossed, or a few less: some routers show nothing. */
const FITS: LengthEvidence = { ratio: 1.35 };
const MOST_HIDDEN = 3;
/** More is missing than usual. */
const SHORT: LengthEvidence = { ratio: 0.85 };

/** A probability, 0 to 1, after evidence that is `ratio` times as likely where the claim is right (Bayes). */
const weighed = (probability: number, { ratio }: LengthEvidence): number =>
  (probability * ratio) / (probability * ratio + 1 - probability);

/**
 * Compares the path with the number of links that answers have crossed on their way back, which the TTL of each answer tells. A path that is
 * longer than the way of the packets it is made for is not their way. From the first hop that is in doubt the hops are `inferred`, with less
 * confidence, and the first one has the divergence `notDestinationBased`.
 *
 * - Answers of the destination with options that have crossed another number of links than its answer to a plain ping take another path: every
 *   hop is in doubt.
 * - The hops that packets of a later hop have shown are in doubt when packets of an earlier hop cross fewer links than the path has.
 *
 * A length that fits makes the whole path more likely, and each of its hops as far as the whole path is the reason to believe it.
 */
export function checkedByDistances(measurement: Measurement): CheckedPath {
  const { path } = measurement;
  const { hops, confidence } = path;
  const found = optionsTakeAnotherWay(measurement) ? { from: 1, doubt: OTHER_WAY } : firstOtherWay(measurement);
  if (found === undefined || found.from >= hops.length - 1) return confirmedByLength(measurement);
  const { from, doubt } = found;
  const checked = hops.map((hop, i) => {
    if (i < from) return hop;
    // Wherever the packets go, they end at the source, and come to it by its gateway.
    const factor = hop.address === path.source || (path.isComplete && i === hops.length - 2) ? 1 : doubt.hop;
    return doubted(hop, factor, i === from);
  });
  return { hops: checked, confidence: weighed(confidence, doubt) };
}

/** A path that nothing contradicts, with what its length says about it. */
function confirmedByLength(measurement: Measurement): CheckedPath {
  const { hops, confidence } = measurement.path;
  const evidence = lengthEvidence(measurement);
  if (evidence === undefined || confidence >= 1) return { hops, confidence };
  const whole = weighed(confidence, evidence);
  // How often a hop is right on a path that is not wholly right stays the same.
  const kept = (1 - whole) / (1 - confidence);
  const checked = hops.map((hop) => ({ ...hop, confidence: 1 - (1 - hop.confidence) * kept }));
  return { hops: checked, confidence: whole };
}

/** What the number of links of a path that reaches the source says; `undefined` when the distance of the destination is unknown. */
function lengthEvidence(measurement: Measurement): LengthEvidence | undefined {
  const { path } = measurement;
  const distance = ownDistances(measurement, path.hops[0].address).at(-1);
  if (!path.isComplete || distance === undefined) return undefined;
  const hidden = distance - linksBetween(path.hops, 0, path.hops.length - 1);
  return hidden <= MOST_HIDDEN ? FITS : SHORT;
}

function doubted(hop: Hop, factor: number, isFirst: boolean): Hop {
  const divergence = isFirst ? { divergence: hop.divergence ?? ('notDestinationBased' as const) } : {};
  return { ...asInferred(hop), confidence: hop.confidence * factor, ...divergence };
}

function optionsTakeAnotherWay({ path, plainPings, targetAnswers }: Measurement): boolean {
  const destination = path.hops[0].address;
  const plain = plainPings.distanceSoFar(destination);
  const withOptions = distancesOf(targetAnswers, destination);
  return plain !== undefined && withOptions.length > 0 && !withOptions.includes(plain);
}

const distancesOf = (answers: TargetAnswers, target: Ipv4Address): number[] =>
  answers.answersOf(target).map(({ distance }) => distance);

/**
 * The distances by the answers of a hop with options, else by its answer to a plain ping: one that answers no options has shown no hop, so its
 * packets may go another way from the first hop on.
 */
function ownDistances({ targetAnswers, plainPings }: Measurement, address: Ipv4Address): number[] {
  const withOptions = distancesOf(targetAnswers, address);
  const plain = plainPings.distanceSoFar(address);
  return withOptions.length > 0 || plain === undefined ? withOptions : [plain];
}

/** Links of a path from hop `from` to hop `to`. A router that was placed between two hops may be one of them. */
const linksBetween = (hops: readonly Hop[], from: number, to: number): number =>
  hops.slice(from + 1, to + 1).filter(({ technique }) => technique !== 'atlasBetween').length;

/** A hop whose packets cross fewer links than the path has behind it. */
export interface OtherWay {
  /** Position of that hop. */
  readonly of: number;
  /** Position of the first hop behind it that its packets have not shown. */
  readonly from: number;
  readonly doubt: Doubt;
  /** Whether a router that counts twice explains it. */
  readonly mayBeNone: boolean;
}

/** The first hop whose packets take another way than the path, by their number of links; `undefined` when there is none. */
export function firstOtherWay(measurement: Measurement): OtherWay | undefined {
  const { path, targetAnswers, aliases } = measurement;
  const { hops } = path;
  const distances = hops.map(({ address }, i) =>
    i === 0 ? ownDistances(measurement, address) : distancesOf(targetAnswers, address),
  );
  const isPlain = !targetAnswers.hasAnswered(hops[0].address);
  // The source itself is no link away.
  if (path.isComplete) distances[hops.length - 1] = [0];
  const isFoundFrom = (hop: Hop, target: Hop): boolean =>
    'target' in hop.evidence && aliases.sameRouter(hop.evidence.target, target.address);
  for (const [i, own] of distances.entries()) {
    if (own.length === 0) continue;
    /** Links that the path has too many of from hop `i` by way of a hop behind it. */
    const excess = distances.map((behind, j) =>
      j > i && behind.length > 0 ? Math.min(...behind) + linksBetween(hops, i, j) - Math.max(...own) : 0,
    );
    const most = Math.max(...excess);
    if (most <= 0) continue;
    const from = hops.findIndex((hop, at) => at > i && !isFoundFrom(hop, hops[i]));
    if (from < 0) return undefined;
    const mayCountTwice = hops.slice(i + 1, -1).some(({ address }) => !aliases.hasAlias(address));
    const certain = mayCountTwice ? (most === 1 ? ONE_LINK : OTHER_WAY) : CERTAINLY_OTHER_WAY;
    const doubt = i === 0 && isPlain ? LONGER_THAN_PLAIN : certain;
    return { of: i, from, doubt, mayBeNone: doubt === ONE_LINK };
  }
  return undefined;
}
