import type { Random } from '@revtr/probing';
import { CITIES, distanceKm } from './cities.ts';

/** Pairs of cities to connect: the largest ones, the hubs, with each other, and every other city with the two nearest hubs. */
export function planHubs(cities: readonly number[], share: number): [number, number][] {
  const bySize = [...cities].sort((a, b) => CITIES[b].weight - CITIES[a].weight);
  const hubs = bySize.slice(0, Math.max(1, Math.round(share * cities.length)));
  const others = bySize.slice(hubs.length);
  const length = (a: number, b: number): number => distanceKm(CITIES[a], CITIES[b]);
  return [
    ...hubs.flatMap((a, i) => hubs.slice(0, i).map((b): [number, number] => [a, b])),
    ...others.flatMap((city) =>
      [...hubs]
        .sort((a, b) => length(city, a) - length(city, b))
        .slice(0, 2)
        .map((hub): [number, number] => [city, hub]),
    ),
  ];
}

/** Pairs of cities to connect: each to the nearest one already reached, and a third as many shortcuts. */
export function planTree(cities: readonly number[], random: Random): [number, number][] {
  const pairs: [number, number][] = [];
  const has = (a: number, b: number): boolean => pairs.some(([x, y]) => (x === a && y === b) || (x === b && y === a));
  for (let i = 1; i < cities.length; i++) {
    const reached = cities.slice(0, i);
    const nearest = reached.reduce((best, city) =>
      distanceKm(CITIES[cities[i]], CITIES[city]) < distanceKm(CITIES[cities[i]], CITIES[best]) ? city : best,
    );
    pairs.push([cities[i], nearest]);
  }
  for (let k = Math.floor(cities.length / 3) + (cities.length > 2 ? 1 : 0); k > 0; k--) {
    const [a, b] = [random.pick(cities), random.pick(cities)];
    if (a !== b && !has(a, b)) pairs.push([a, b]);
  }
  return pairs;
}
