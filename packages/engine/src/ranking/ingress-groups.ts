import type { Ipv4Address } from '@revtr/net';
import type { KnownVantagePoint } from './ranking-store.ts';

/** A vantage point that is known to reach a target's prefix or network, with the ingress that it shares with its group. */
export interface GroupedVantagePoint extends Omit<KnownVantagePoint, 'ingresses'> {
  /** Ingress router of the whole group; `undefined` when no ingress of this vantage point is known. */
  readonly ingress: Ipv4Address | undefined;
}

/**
 * Groups vantage points by ingress: the ingress that most vantage points share makes the first group, and so on. Each group is sorted by
 * distance, and the groups are sorted by the distance of their nearest member. A vantage point that shares no ingress is a group by itself.
 */
export function groupByIngress(known: readonly KnownVantagePoint[]): GroupedVantagePoint[][] {
  let left = [...known];
  const groups: GroupedVantagePoint[][] = [];
  while (left.length > 0) {
    const counts = new Map<Ipv4Address, number>();
    for (const { ingresses } of left)
      for (const ingress of ingresses) counts.set(ingress, (counts.get(ingress) ?? 0) + 1);
    const [ingress, members] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [-1, 0]);
    if (members < 2) break;
    const isMember = ({ ingresses }: KnownVantagePoint): boolean => ingresses.includes(ingress);
    groups.push(
      left
        .filter(isMember)
        .map((entry) => grouped(entry, ingress))
        .sort(byDistance),
    );
    left = left.filter((entry) => !isMember(entry));
  }
  // The sort below is stable: at equal distance, vantage points with a known ingress come first.
  const singles = left.map((entry) => [grouped(entry, entry.ingresses.at(0))]);
  groups.push(...singles.filter(([{ ingress }]) => ingress !== undefined));
  groups.push(...singles.filter(([{ ingress }]) => ingress === undefined));
  return groups.sort(([a], [b]) => byDistance(a, b));
}

function grouped(
  { address, distance, level }: KnownVantagePoint,
  ingress: Ipv4Address | undefined,
): GroupedVantagePoint {
  return { address, distance, level, ingress };
}

const byDistance = (a: GroupedVantagePoint, b: GroupedVantagePoint): number => a.distance - b.distance;
