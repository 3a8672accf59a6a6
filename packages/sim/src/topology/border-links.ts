import type { Ipv4Address, Prefix } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { type AddressPlan, AddressPool } from './address-plan.ts';
import type { AsGraph } from './as-graph.ts';
import { CITIES, distanceKm, fibreDelayMicros } from './cities.ts';
import type { LinkPlan } from './link-list.ts';
import type { NetworkPlan } from './plan-networks.ts';

const EXCHANGE_SHARE = 0.5;
const PAIR_DELAY_MICROS = 80;
const MOST_PARALLEL = 4;

/**
 * Links between networks: in cities that both are in, else between their nearest ones. Provider links are numbered from
 * the provider's block; peers in one city often meet on an exchange, whose prefix belongs to neither.
 */
export class BorderLinkPlanner {
  readonly exchangePrefixes: Prefix[] = [];
  readonly #plans: readonly NetworkPlan[];
  readonly #firstRouter: Int32Array;
  readonly #pools: readonly AddressPool[];
  readonly #parameters: SimParameters;
  readonly #exchanges = new Map<number, { pool: AddressPool; members: Map<number, Ipv4Address> }>();
  /** Links so far of networks whose core routers are used in turn. */
  readonly #turns = new Map<number, number>();
  readonly #addresses: AddressPlan;
  readonly #random: Random;

  constructor(
    options: {
      readonly plans: readonly NetworkPlan[];
      readonly firstRouter: Int32Array;
      readonly pools: readonly AddressPool[];
      readonly parameters: SimParameters;
    },
    collaborators: { readonly addresses: AddressPlan; readonly random: Random },
  ) {
    this.#plans = options.plans;
    this.#firstRouter = options.firstRouter;
    this.#pools = options.pools;
    this.#parameters = options.parameters;
    this.#addresses = collaborators.addresses;
    this.#random = collaborators.random;
  }

  plan(graph: AsGraph): LinkPlan[] {
    const { parallelLinks, stubParallelLinks } = this.#parameters;
    return graph.edges.flatMap(({ a, b, relation }, edge) => {
      const most = graph.tiers[a] + graph.tiers[b] <= 2 ? 8 : graph.tiers[b] === 3 ? 2 : 4;
      return this.#meetingPlaces(a, b, most).flatMap(([cityA, cityB]) => {
        const taken = new Set<number>();
        return Array.from({ length: this.#parallel(graph.tiers[b] === 3 ? stubParallelLinks : parallelLinks) }, () => {
          const link = this.#link([a, cityA], [b, cityB], { edge, isPeering: relation === 'peer', taken });
          taken.add(link.routerA).add(link.routerB);
          return link;
        });
      });
    });
  }

  #meetingPlaces(a: number, b: number, most: number): [number, number][] {
    const citiesOf = (network: number): number[] => [
      ...new Set(this.#plans[network].routers.map((router) => router.city)),
    ];
    const citiesB = citiesOf(b);
    const common = citiesOf(a).filter((city) => citiesB.includes(city));
    if (common.length > 0) {
      return this.#random
        .shuffle(common)
        .slice(0, this.#meetings(common.length, most))
        .map((city) => [city, city]);
    }
    let best: [number, number] = [citiesOf(a)[0], citiesB[0]];
    const length = ([x, y]: [number, number]): number => distanceKm(CITIES[x], CITIES[y]);
    for (const x of citiesOf(a)) for (const y of citiesB) if (length([x, y]) < length(best)) best = [x, y];
    return [best];
  }

  #meetings(common: number, most: number): number {
    const { meetingPlaces } = this.#parameters;
    return meetingPlaces === 0
      ? 1 + this.#random.below(most)
      : Math.min(8, Math.max(1, Math.round(meetingPlaces * common)));
  }

  /** A link between two networks, each in a city, if possible not at the routers that are `taken`. */
  #link(
    [a, cityA]: readonly [number, number],
    [b, cityB]: readonly [number, number],
    { edge, isPeering, taken }: { readonly edge: number; readonly isPeering: boolean; readonly taken: Set<number> },
  ): LinkPlan {
    const routerA = this.#edgeRouter(a, cityA, taken);
    const routerB = this.#edgeRouter(b, cityB, taken);
    const exchange = isPeering && cityA === cityB && this.#random.chance(EXCHANGE_SHARE);
    const [addressA, addressB] = exchange
      ? [this.#memberAddress(cityA, routerA), this.#memberAddress(cityA, routerB)]
      : this.#pools[!isPeering && this.#draw(this.#parameters.customerNumberedLinks) ? b : a].pair(
          this.#random.chance(0.5),
        );
    const delayMicros = cityA === cityB ? PAIR_DELAY_MICROS : fibreDelayMicros(CITIES[cityA], CITIES[cityB]);
    return { routerA, routerB, addressA, addressB, delayMicros, costAB: this.#cost(), costBA: this.#cost(), edge };
  }

  /** Links between two networks in one place. */
  #parallel(share: number): number {
    let links = 1;
    while (links < MOST_PARALLEL && this.#draw(share)) links++;
    return links;
  }

  /** How much a network avoids the link among those to one neighbour. */
  #cost(): number {
    return this.#draw(this.#parameters.asymmetricCosts) ? 2 + this.#random.below(6) : 1;
  }

  /** Draws only for behaviours in use, because a draw changes all that follow. */
  #draw(share: number): boolean {
    return share > 0 && this.#random.chance(share);
  }

  #edgeRouter(network: number, city: number, taken: ReadonlySet<number>): number {
    const { routers, bordersInTurn } = this.#plans[network];
    const here = routers.flatMap((router, i) => (router.city === city ? [i] : []));
    if (bordersInTurn) {
      const turn = this.#turns.get(network) ?? 0;
      this.#turns.set(network, turn + 1);
      const cores = here.filter((i) => routers[i].core);
      return this.#firstRouter[network] + cores[turn % cores.length];
    }
    const atCore = this.#draw(this.#parameters.bordersAtCore);
    const suited = here.filter((i) => routers[i].core === atCore && routers[i].behind < 0);
    const edges = suited.length > 0 ? suited : here;
    const free = edges.filter((i) => !taken.has(this.#firstRouter[network] + i));
    return this.#firstRouter[network] + this.#random.pick(free.length > 0 ? free : edges);
  }

  /** The address of a router on the exchange of a city: one, however many peers it has there. */
  #memberAddress(city: number, router: number): Ipv4Address {
    let exchange = this.#exchanges.get(city);
    if (exchange === undefined) {
      const prefix = this.#addresses.block(20);
      this.exchangePrefixes.push(prefix);
      exchange = { pool: new AddressPool(prefix), members: new Map() };
      exchange.pool.one();
      this.#exchanges.set(city, exchange);
    }
    const known = exchange.members.get(router);
    if (known !== undefined) return known;
    const address = exchange.pool.one();
    exchange.members.set(router, address);
    return address;
  }
}
