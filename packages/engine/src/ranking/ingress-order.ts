import type { GroupedVantagePoint } from './ingress-groups.ts';

/**
 * The order in which vantage points are asked:
 * - `turns`: the nearest of each ingress, then the second of each ingress, and so on (the original 2.0);
 * - `nearest`: by distance alone, because near vantage points leave most slots of the option for the reverse path.
 */
export type IngressOrder = 'turns' | 'nearest';

/** Puts the members of `groups`, each sorted by distance, into one list. */
export function orderGroups(groups: readonly GroupedVantagePoint[][], order: IngressOrder): GroupedVantagePoint[] {
  return order === 'turns' ? inTurns(groups) : groups.flat().sort((a, b) => certainDistance(a) - certainDistance(b));
}

function inTurns(groups: readonly GroupedVantagePoint[][]): GroupedVantagePoint[] {
  const longest = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => groups.flatMap((group) => group.slice(turn, turn + 1))).flat();
}

/** Slots added to a distance that was measured to another prefix of the target's network, because it is less certain. */
const OTHER_PREFIX_PENALTY = 0.5;

const certainDistance = ({ distance, level }: GroupedVantagePoint): number =>
  distance + (level === 'prefix' ? 0 : OTHER_PREFIX_PENALTY);
