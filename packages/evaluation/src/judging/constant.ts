import { type Evidence, type Hop, STAND_IN_TECHNIQUES } from '@revtr/engine';

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
    case 'proxy':
      return place === 'further' ? 'proxyFurther' : `proxy.${evidence.scope}.${lengthOf(evidence.isAsLong)}`;
    case 'networkPath':
      return `networkPath.${place}`;
    case 'nearby':
      return 'neighbour';
    case 'timestamp':
      return `timestamp.${evidence.proof}`;
    case 'symmetry':
      return constantOfAssumption(evidence, technique === 'assumedIntradomain');
    default:
      return technique === STAND_IN_TECHNIQUES.subnet ? 'neighbour' : evidence.type;
  }
}

function lengthOf(isAsLong: boolean | undefined): string {
  if (isAsLong === undefined) return 'unknown';
  return isAsLong ? 'asLong' : 'other';
}

function constantOfAssumption(
  { isGateway, isOfDestination, relation, adjacent }: Evidence & { readonly type: 'symmetry' },
  isIntradomain: boolean,
): string {
  if (isGateway) return 'gateway';
  if (!adjacent) return `notAdjacent.${isIntradomain ? 'intradomain' : 'interdomain'}`;
  return isIntradomain
    ? `intradomain.${isOfDestination === true ? 'ofDestination' : 'elsewhere'}`
    : `interdomain.${relation ?? 'unknown'}`;
}
