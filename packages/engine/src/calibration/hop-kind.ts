import { type Hop, isContinuation } from '../path/hop.ts';

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
  const kind = `${REJOIN}${type === 'proxy' || type === 'symmetry' || type === 'atlas' ? type : 'other'}`;
  return isContinuation === true ? `${kind}${FURTHER}` : kind;
}

/** Whether a kind stands for hops behind wrong ones, which are never suspended. */
export const isRejoinKind = (kind: HopKind): boolean => kind.startsWith(REJOIN);

const REJOIN = 'rejoin.';

function firstKindOf({ technique, evidence, isFromStandIn, reusedAgeMs }: Hop): HopKind {
  switch (evidence.type) {
    case 'recordRoute': {
      const how = isFromStandIn === true ? 'nearbyAddress' : reusedAgeMs === undefined ? technique : 'knownPath';
      return `${how}.${evidence.turn}`;
    }
    case 'unfilledRecordRoute':
      return `${technique}.arrival`;
    case 'atlas':
      return `${technique}.${evidence.match}${evidence.platform === 'reverseTraceroute' ? '.grown' : ''}`;
    case 'proxy':
      return `proxyPath.${evidence.scope}`;
    case 'nearby':
      return 'nearbyAddress.gateway';
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
