import type { Hop } from '../path/hop.ts';

/**
 * The kind of a hop: how it was found, then what makes it believable, separated by dots, such as `spoofedRecordRoute.stamp` or
 * `assumedSymmetry.interdomain`. Confidence is a property of the kind. Stored evidence holds kinds: do not rename them.
 */
export type HopKind = string;

/** The kind of a hop. */
export function hopKindOf({ technique, evidence, isFromStandIn }: Hop): HopKind {
  switch (evidence.type) {
    case 'recordRoute':
      return `${isFromStandIn === true ? 'nearbyAddress' : technique}.${evidence.turn}`;
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

/** The first part of a kind: what found the hop. */
export const techniqueOfKind = (kind: HopKind): string => kind.split('.')[0];
