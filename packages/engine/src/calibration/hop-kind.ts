import { type Hop, isContinuation } from '../path/hop.ts';
import { LONG_MEMORY } from './kind-evidence.ts';

/**
 * The kind of a hop: how it was found, then what makes it believable, separated by dots, such as `spoofedRecordRoute.stamp` or
 * `assumedSymmetry.interdomain`. Hops that one probe or traceroute shows behind its first one are of a separate kind, which ends in
 * `.further`: what is wrong is mostly wrong from the first one on. Confidence is a property of the kind. Stored evidence holds kinds: do
 * not rename them.
 */
export type HopKind = string;

/**
 * The kind of a hop.
 * @param isFurther whether the probe or traceroute that shows it also shows the hop before. Default: what the path of the hop says
 */
export function hopKindOf(hop: Hop, isFurther = hop.isContinuation === true): HopKind {
  const kind = firstKindOf(hop);
  return isFurther ? `${kind}${FURTHER}` : kind;
}

/** The kinds of the hops of one extension. */
export const kindsOf = (hops: readonly Hop[]): HopKind[] =>
  hops.map((hop, i) => hopKindOf(hop, isContinuation(hops, i)));

const FURTHER = '.further';

/** The first part of a kind: what found the hop. */
export const techniqueOfKind = (kind: HopKind): string => kind.split('.')[0];

/** The kind under which the chance is kept that a hop is right although the hop before it is wrong. */
export function rejoinKindOf({ evidence: { type }, isContinuation }: Hop): HopKind {
  const kind = `${REJOIN}${['proxy', 'symmetry', 'atlas', 'networkPath'].includes(type) ? type : 'other'}`;
  return isContinuation === true ? `${kind}${FURTHER}` : kind;
}

/**
 * The kind under which the chance is kept that a hop is right, wherever it is on a path, by the probability that the steps up to it give
 * (0 to 1): histogram binning (Zadrozny and Elkan, ICML 2001). The steps alone do not give it exactly, because a wrong hop leads to other
 * hops than a right one.
 */
export const onPathKindOf = (claimed: number): HopKind =>
  `${ON_PATH}${ON_PATH_EDGES.findLast((edge) => claimed >= edge) ?? 0}`;

const ON_PATH_EDGES = [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99] as const;

/**
 * How much one outcome of a kind says when a change is looked for, from 0 to 1. Hops that one probe shows behind each other are right or wrong
 * together: on the simulated Internet about four of them say as much as one that is independent. Chances by place change with those of the
 * steps, which are watched instead.
 */
export function independenceOf(kind: HopKind): number {
  if (kind.startsWith(ON_PATH)) return 0;
  return kind.endsWith(FURTHER) ? 0.25 : 1;
}

/**
 * How many outcomes of a kind count in the long run. Chances by place are relative to the probabilities that the steps give; while the steps are
 * corrected, outcomes that were rated by the old ones mislead, so they are forgotten sooner.
 */
export const memoryOf = (kind: HopKind): number => (kind.startsWith(ON_PATH) ? 300 : LONG_MEMORY);

/** Whether a kind stands for a step of a path: only such kinds can be suspended. */
export const isStepKind = (kind: HopKind): boolean => !kind.startsWith(REJOIN) && !kind.startsWith(ON_PATH);

const REJOIN = 'rejoin.';
const ON_PATH = 'onPath.';

const KIND_OF_PLATFORM = {
  vantagePoint: '',
  ripeAtlas: '',
  reverseTraceroute: '.grown',
  publicTraceroute: '.public',
} as const;

function firstKindOf({ technique, evidence, standIn, reusedAgeMs }: Hop): HopKind {
  switch (evidence.type) {
    case 'recordRoute':
      return `${reusedAgeMs === undefined || standIn !== undefined ? technique : 'knownPath'}.${evidence.turn}`;
    case 'unfilledRecordRoute':
      return `${technique}.arrival`;
    case 'atlas':
      return `${technique}.${evidence.match}${KIND_OF_PLATFORM[evidence.platform]}`;
    case 'proxy':
      return `${technique}.proxy${evidence.isAsLong === false ? '.otherLength' : ''}`;
    case 'networkPath':
      return `${technique}.${evidence.isOnDemand ? 'onDemand' : 'atlas'}`;
    case 'nearby':
      return `${technique}.gateway`;
    case 'timestamp':
      return `${technique}.${evidence.proof}`;
    case 'symmetry': {
      const scope = evidence.isGateway ? 'gateway' : technique === 'assumedIntradomain' ? 'intradomain' : 'interdomain';
      return `assumedSymmetry.${scope}${evidence.adjacent ? '' : '.notAdjacent'}`;
    }
    default:
      return technique;
  }
}
