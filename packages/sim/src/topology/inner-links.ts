import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { AddressPool } from './address-plan.ts';
import { planHubs, planTree } from './backbone.ts';
import { CITIES, distanceKm, fibreDelayMicros } from './cities.ts';
import type { LinkPlan } from './link-list.ts';
import type { RouterPlan } from './plan-networks.ts';

const LOCAL_DELAY_MICROS = 60;
const LOCAL_COST = 2;
/** More than a way round over the other core router. */
const BACKUP_COST = 10;

/** Options of one link. */
interface LinkOptions {
  /** Default: by its length. */
  readonly cost?: number;
  /** Whether it costs twice as much in one direction. Default: false. */
  readonly isAsymmetric?: boolean;
}

/** The network whose inner links are planned. */
export interface InnerNetwork {
  readonly routers: readonly RouterPlan[];
  /** Whether its links to other networks end at its core routers in turn: then edge routers use both alike. */
  readonly bordersInTurn: boolean;
  /** Index of its first router. */
  readonly firstRouter: number;
  /** Addresses for its links. */
  readonly pool: AddressPool;
}

/**
 * Links inside one network: in each city every edge router to every core router, or to the router that it hangs behind; between cities a
 * tree over the nearest ones and some shortcuts, or a mesh of hubs, doubled where both cities have two core routers, which gives
 * equal paths to balance over.
 */
export function planInnerLinks(network: InnerNetwork, parameters: SimParameters, random: Random): LinkPlan[] {
  const { routers } = network;
  const { unequalUplinks, hubs, asymmetricCosts } = parameters;
  const links: LinkPlan[] = [];
  const connect = (a: number, b: number, options: LinkOptions = {}): void => {
    links.push(planLink(network, [a, b], options, random));
  };
  const cities = [...new Set(routers.map((router) => router.city))];
  const inCity = (city: number, core: boolean): number[] =>
    routers.flatMap((router, i) => (router.city === city && router.core === core ? [i] : []));
  const cores = new Map(cities.map((city) => [city, inCity(city, true)]));
  for (const [city, here] of cores) {
    here.forEach((a, i) => {
      for (const b of here.slice(i + 1)) connect(a, b);
    });
    for (const edge of inCity(city, false)) {
      const { behind } = routers[edge];
      const uplinks = behind >= 0 ? [behind] : pickTwo(here, random);
      const backup = chooseBackup(uplinks, network.bordersInTurn ? 0 : unequalUplinks, random);
      for (const inner of uplinks) connect(edge, inner, inner === backup ? { cost: BACKUP_COST } : {});
    }
  }
  for (const [a, b] of hubs > 0 ? planHubs(cities, hubs) : planTree(cities, random)) {
    const [a0, a1] = pickTwo(cores.get(a) ?? [], random);
    const [b0, b1] = pickTwo(cores.get(b) ?? [], random);
    const isAsymmetric = asymmetricCosts > 0 && random.chance(asymmetricCosts);
    connect(a0, b0, { isAsymmetric });
    if (a1 !== undefined && b1 !== undefined) connect(a1, b1, { isAsymmetric });
  }
  return links;
}

/** Two of several routers; draws only if there are more. */
const pickTwo = (routers: readonly number[], random: Random): readonly number[] =>
  routers.length <= 2 ? routers : random.shuffle(routers).slice(0, 2);

/** The core router that an edge router uses when it cannot use the other; `undefined` when it uses both alike. */
function chooseBackup(uplinks: readonly number[], share: number, random: Random): number | undefined {
  return share > 0 && uplinks.length > 1 && random.chance(share) ? random.pick(uplinks) : undefined;
}

/** A link between two routers of a network, by rank. */
function planLink(
  { routers, firstRouter, pool }: InnerNetwork,
  [a, b]: readonly [number, number],
  { cost: given, isAsymmetric = false }: LinkOptions,
  random: Random,
): LinkPlan {
  const [addressA, addressB] = pool.pair(random.chance(0.5));
  const [from, to] = [CITIES[routers[a].city], CITIES[routers[b].city]];
  const local = from === to;
  const cost = given ?? (local ? LOCAL_COST : 10 + Math.round(distanceKm(from, to) / 20));
  return {
    routerA: firstRouter + a,
    routerB: firstRouter + b,
    addressA,
    addressB,
    delayMicros: local ? LOCAL_DELAY_MICROS : fibreDelayMicros(from, to),
    costAB: cost,
    costBA: isAsymmetric ? 2 * cost : cost,
    edge: -1,
  };
}
