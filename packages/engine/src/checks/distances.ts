import type { Hop } from '../path/hop.ts';
import { weighed } from '../path/path-probability.ts';
import { asInferred } from '../path/trust.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';
import { distancesOf, ownDistances } from './own-distances.ts';

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

// The values are from development seeds 1 to 6 of the simulator, profile `published`, family `grown`, size medium, fleets of 10 and 50, 3,600
// paths. The ratios of 1,200 paths of family `flat` agree with them.

/**
 * Doubt in a path that has one link too many, two, three, and more. One link is often no error: a router counts twice, because it has stamped
 * two addresses that are not known as aliases.
 */
const TOO_LONG: readonly Doubt[] = [
  { hop: 0.95, ratio: 0.65 },
  { hop: 0.89, ratio: 0.28 },
  { hop: 0.8, ratio: 0.12 },
  { hop: 0.6, ratio: 0.05 },
];
/** The same, compared with a plain ping of a destination that answers no options: nothing says at which hop the path leaves its way. */
const LONGER_THAN_PLAIN: readonly Doubt[] = [
  { hop: 0.92, ratio: 0.42 },
  { hop: 0.83, ratio: 0.22 },
  { hop: 0.72, ratio: 0.1 },
  { hop: 0.46, ratio: 0.03 },
];
/** Packets with options take another way than others, by one of two lengths. */
const OPTIONS_TAKE_ANOTHER_WAY: Doubt = { hop: 0.83, ratio: 0.3 };
/**
 * Doubt where every router of the stretch is known by all its addresses, so that none can count twice: some of its hops are not on the way. If
 * the other way leaves and joins the path anywhere with the same probability, 44 % of them are wrong.
 */
const CERTAINLY_OTHER_WAY: Doubt = { hop: 0.56, ratio: 0.05 };
/**
 * How much more likely a right path lacks 0, 1, 2, ... of the links that the answers of the destination have crossed, because some routers show
 * nothing: by answers with options, and by a plain ping. Where assumptions were weighed by their own distances, the length of the path says less. What it
 * still says differs between the families `grown` and `flat`; the values are between the two (development seeds 1 to 4 and 1 and 2, 3,600 paths).
 */
const HIDDEN = { withOptions: [1.3, 1.35, 1.4, 1.15, 1.05], plain: [1, 1, 1.35, 1.2, 1.15, 0.9] } as const;

/** Share of the doubt in the last hop before the source that is justified: 0.4 % of them are wrong, on paths of any kind. */
const NOT_THE_GATEWAY = 0.1;

/** The probability of a whole path after what its length says. */
const wholeAfter = ({ path, assumptions }: Measurement, { ratio }: LengthEvidence): number =>
  weighed(path.confidence, ratio ** assumptions.wholePath.length);

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
  const { hops, confidence } = checkedByLength(measurement);
  const gateway = gatewayOf(measurement.path);
  const withGateway = hops.map((hop, i) =>
    i === gateway && i > 0 ? { ...hop, confidence: 1 - (1 - hop.confidence) * NOT_THE_GATEWAY } : hop,
  );
  return { hops: withGateway, confidence };
}

/** Position of the last hop before the source, which packets pass wherever they go; -1 on a path that does not reach the source. */
const gatewayOf = ({ hops, isComplete }: Measurement['path']): number => (isComplete ? hops.length - 2 : -1);

function checkedByLength(measurement: Measurement): CheckedPath {
  const { path } = measurement;
  const { hops } = path;
  const found = optionsTakeAnotherWay(measurement)
    ? { from: 1, doubt: OPTIONS_TAKE_ANOTHER_WAY }
    : firstOtherWay(measurement);
  if (found === undefined || found.from >= hops.length - 1) return confirmedByLength(measurement);
  const { from, doubt } = found;
  const gateway = gatewayOf(path);
  const checked = hops.map((hop, i) => {
    if (i < from) return hop;
    const factor = hop.address === path.source || i === gateway ? 1 : doubt.hop;
    return doubted(hop, factor, i === from);
  });
  return { hops: checked, confidence: wholeAfter(measurement, doubt) };
}

/** A path that nothing contradicts, with what its length says about it. */
function confirmedByLength(measurement: Measurement): CheckedPath {
  const { hops, confidence, productOfSteps } = measurement.path;
  const evidence = lengthEvidence(measurement);
  if (evidence === undefined || productOfSteps >= 1) return { hops, confidence };
  // How often a hop is right on a path that is not wholly right stays the same.
  const kept = (1 - weighed(productOfSteps, evidence.ratio)) / (1 - productOfSteps);
  const checked = hops.map((hop) => ({ ...hop, confidence: 1 - (1 - hop.confidence) * kept }));
  return { hops: checked, confidence: wholeAfter(measurement, evidence) };
}

/** What the number of links of a path that reaches the source says; `undefined` when the distance of the destination is unknown. */
function lengthEvidence(measurement: Measurement): LengthEvidence | undefined {
  const { path } = measurement;
  const distance = ownDistances(measurement, path.hops[0].address).at(-1);
  if (!path.isComplete || distance === undefined) return undefined;
  const hidden = distance - linksUpToEach(path.hops)[path.hops.length - 1];
  const ratios = HIDDEN[measurement.targetAnswers.hasAnswered(path.hops[0].address) ? 'withOptions' : 'plain'];
  return { ratio: ratios[Math.max(0, Math.min(hidden, ratios.length - 1))] };
}

function doubted(hop: Hop, factor: number, isFirst: boolean): Hop {
  const divergence = isFirst ? { divergence: hop.divergence ?? ('notDestinationBased' as const) } : {};
  return { ...asInferred(hop), confidence: hop.confidence * factor, ...divergence };
}

/**
 * Whether packets with options take another way than others, by the lengths of the ways from the destination. Where plain pings alone show several
 * lengths, load balancing explains the difference.
 */
export function optionsTakeAnotherWay({ path, plainPings, targetAnswers }: Measurement): boolean {
  const destination = path.hops[0].address;
  const plain = new Set(plainPings.distancesSoFar(destination));
  const withOptions = distancesOf(targetAnswers, destination);
  return plain.size === 1 && withOptions.length > 0 && !withOptions.some((distance) => plain.has(distance));
}

/**
 * For each hop, the least number of links of the path up to it. A router that was placed between two hops may be one of them, and one that shows an
 * address which identifies no router may be the one that is assumed behind it.
 */
function linksUpToEach(hops: readonly Hop[]): number[] {
  let links = 0;
  return hops.map(({ technique }, i) => {
    if (i > 0 && technique !== 'atlasBetween' && !isAssumedAgain(hops, i)) links++;
    return links;
  });
}

/** Whether a hop lies between a router and the hop that was right before this router on the forward path: then it identifies no router. */
function isAssumedAgain(hops: readonly Hop[], position: number): boolean {
  const assumed = hops.findIndex(({ evidence, isContinuation }, i) => {
    return i > position && evidence.type === 'symmetry' && isContinuation !== true;
  });
  const evidence = hops[assumed]?.evidence;
  if (evidence?.type !== 'symmetry' || !evidence.adjacent) return false;
  const target = hops.findLastIndex(({ address }, i) => i < assumed && address === evidence.target);
  return target >= 0 && target < position;
}

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
  const links = linksUpToEach(hops);
  const isPlain = !targetAnswers.hasAnswered(hops[0].address);
  // The source itself is no link away.
  if (path.isComplete) distances[hops.length - 1] = [0];
  const isFoundFrom = (hop: Hop, target: Hop): boolean =>
    'target' in hop.evidence && aliases.sameRouter(hop.evidence.target, target.address);
  for (const [i, own] of distances.entries()) {
    if (own.length === 0) continue;
    /** Links that the path has too many of from hop `i` by way of a hop behind it. */
    const excess = distances.map((behind, j) =>
      j > i && behind.length > 0 ? Math.min(...behind) + links[j] - links[i] - Math.max(...own) : 0,
    );
    const most = Math.max(...excess);
    if (most <= 0) continue;
    const from = hops.findIndex((hop, at) => at > i && !isFoundFrom(hop, hops[i]));
    if (from < 0) return undefined;
    const mayCountTwice = hops.slice(i + 1, -1).some(({ address }) => !aliases.hasAlias(address));
    const doubts = i === 0 && isPlain ? LONGER_THAN_PLAIN : mayCountTwice ? TOO_LONG : [CERTAINLY_OTHER_WAY];
    return { of: i, from, doubt: doubts[Math.min(most, doubts.length) - 1], mayBeNone: most === 1 && mayCountTwice };
  }
  return undefined;
}
