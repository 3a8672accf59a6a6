import type { Random } from '@revtr/probing';
import type { SimParameters } from '../../parameters/sim-parameters.ts';
import { CITIES, fibreDelayMicros } from '../cities.ts';
import type { InnerNetwork } from '../inner-links.ts';
import type { LinkPlan } from '../link-list.ts';

const LOCAL_DELAY_MICROS = 90;
/** Costs of links, whatever their length: every second link has the usual cost. */
const USUAL_COST = 10;
const MOST_COST = 20;
/** Share of links whose cost differs by direction. */
const ASYMMETRIC_SHARE = 0.25;

/**
 * Links inside one network: the routers of a city form a ring, and so do the cities; chords cross rings of six or more. Costs are
 * arbitrary, and some differ by direction.
 */
export function planRings(
  { routers, firstRouter, pool }: InnerNetwork,
  _parameters: SimParameters,
  random: Random,
): LinkPlan[] {
  const cost = (): number => (random.chance(0.5) ? USUAL_COST : 1 + random.below(MOST_COST));
  const connect = ([a, b]: readonly [number, number]): LinkPlan => {
    const [addressA, addressB] = pool.pair(random.chance(0.5));
    const [from, to] = [CITIES[routers[a].city], CITIES[routers[b].city]];
    const costAB = cost();
    return {
      routerA: firstRouter + a,
      routerB: firstRouter + b,
      addressA,
      addressB,
      delayMicros: from === to ? LOCAL_DELAY_MICROS : fibreDelayMicros(from, to),
      costAB,
      costBA: random.chance(ASYMMETRIC_SHARE) ? cost() : costAB,
      edge: -1,
    };
  };
  const cities = [...Map.groupBy(routers.keys(), (i) => routers[i].city).values()];
  const cores = cities.map((inside) => inside.filter((i) => routers[i].core));
  const between = ring(cities.map((_, i) => i)).map(
    ([a, b]) => [random.pick(cores[a]), random.pick(cores[b])] as const,
  );
  return [...cities.flatMap(ring), ...between].map(connect);
}

/** Pairs of neighbours on a ring, and chords from every third member of a ring of six or more to the opposite one. */
function ring(members: readonly number[]): (readonly [number, number])[] {
  const { length } = members;
  const half = length >> 1;
  const at = (i: number): number => members[i % length];
  const around = Array.from({ length: length > 2 ? length : length - 1 }, (_, i) => [at(i), at(i + 1)] as const);
  const chords = Array.from(
    { length: length >= 6 ? Math.ceil(half / 3) : 0 },
    (_, k) => [at(3 * k), at(3 * k + half)] as const,
  );
  return [...around, ...chords];
}
