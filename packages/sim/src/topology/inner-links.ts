import type { Random } from '@revtr/probing';
import type { AddressPool } from './address-plan.ts';
import { CITIES, distanceKm, fibreDelayMicros } from './cities.ts';
import type { LinkPlan } from './link-list.ts';
import type { RouterPlan } from './plan-networks.ts';

const LOCAL_DELAY_MICROS = 60;
const LOCAL_COST = 2;

/**
 * Links inside one network: in each city every edge router to every core router; between cities a tree over the nearest
 * ones and some shortcuts, doubled where both cities have two core routers, which gives equal paths to balance over.
 */
export function planInnerLinks(
  routers: readonly RouterPlan[],
  firstRouter: number,
  { pool, asymmetricCosts }: { readonly pool: AddressPool; readonly asymmetricCosts: number },
  random: Random,
): LinkPlan[] {
  const links: LinkPlan[] = [];
  const connect = (a: number, b: number): void => {
    const [addressA, addressB] = pool.pair(random.chance(0.5));
    const from = CITIES[routers[a].city];
    const to = CITIES[routers[b].city];
    const local = from === to;
    const cost = local ? LOCAL_COST : 10 + Math.round(distanceKm(from, to) / 20);
    const isAsymmetric = asymmetricCosts > 0 && random.chance(asymmetricCosts);
    links.push({
      routerA: firstRouter + a,
      routerB: firstRouter + b,
      addressA,
      addressB,
      delayMicros: local ? LOCAL_DELAY_MICROS : fibreDelayMicros(from, to),
      costAB: cost,
      costBA: isAsymmetric ? 2 * cost : cost,
      edge: -1,
    });
  };
  const cities = [...new Set(routers.map((router) => router.city))];
  const inCity = (city: number, core: boolean): number[] =>
    routers.flatMap((router, i) => (router.city === city && router.core === core ? [i] : []));
  const cores = new Map(cities.map((city) => [city, inCity(city, true)]));
  for (const [city, [first, second]] of cores) {
    if (second !== undefined) connect(first, second);
    for (const edge of inCity(city, false)) {
      const { behind } = routers[edge];
      for (const inner of behind >= 0 ? [behind] : (cores.get(city) ?? [])) connect(edge, inner);
    }
  }
  for (const [a, b] of planBackbone(cities, random)) {
    const [a0, a1] = cores.get(a) ?? [];
    const [b0, b1] = cores.get(b) ?? [];
    connect(a0, b0);
    if (a1 !== undefined && b1 !== undefined) connect(a1, b1);
  }
  return links;
}

/** Pairs of cities to connect: each to the nearest one already reached, and a third as many shortcuts. */
function planBackbone(cities: readonly number[], random: Random): [number, number][] {
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
