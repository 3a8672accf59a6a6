import { type Hop, STAND_IN_TECHNIQUES } from '@revtr/engine';

/**
 * Name of the constant in `packages/engine/src/path/confidence.ts` that a hop owes its probability to, such as `interdomain.peer`; it is the name of the
 * object and its fields there.
 */
export function constantOf({ technique, evidence, alternatives, isContinuation, standIn }: Hop): string {
  const place = isContinuation === true ? 'further' : 'first';
  switch (evidence.type) {
    case 'recordRoute':
      return standIn === undefined || place === 'further' ? `recordRoute.${evidence.turn}.${place}` : 'neighbour';
    case 'atlas':
      if (technique === 'atlasBetween') return 'atlasBetween';
      return alternatives === undefined ? `atlas.${evidence.match}.${place}` : 'atlasBranch';
    case 'proxy': {
      if (place === 'further') return 'proxyFurther';
      const { isAsLong } = evidence;
      const length = isAsLong === undefined ? 'unknown' : isAsLong ? 'asLong' : 'other';
      return `proxy.${evidence.scope}.${length}`;
    }
    case 'networkPath':
      return `networkPath.${place}`;
    case 'nearby':
      return 'neighbour';
    case 'timestamp':
      return `timestamp.${evidence.proof}`;
    case 'symmetry': {
      if (evidence.isGateway) return 'gateway';
      const isIntradomain = technique === 'assumedIntradomain';
      const kind = isIntradomain
        ? `intradomain.${evidence.isOfDestination === true ? 'ofDestination' : 'elsewhere'}`
        : `interdomain.${evidence.relation ?? 'unknown'}`;
      return evidence.adjacent ? kind : `notAdjacent.${isIntradomain ? 'intradomain' : 'interdomain'}`;
    }
    default:
      return technique === STAND_IN_TECHNIQUES.subnet ? 'neighbour' : evidence.type;
  }
}
