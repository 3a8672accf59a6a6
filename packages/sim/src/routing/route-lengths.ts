import type { AdjacencyTable, Announcement } from '../topology/topology.ts';
import type { AdjacencyIndex, AdjacencyLists } from './adjacency-index.ts';

/** From whom a network has its route: itself, a customer, a peer or a provider. A smaller number is preferred. */
export const RouteKind = { own: 0, customer: 1, peer: 2, provider: 3 } as const;

/** Instead of a route: none. */
export const UNREACHED = 0xffff;
/** Weight of an adjacency over which nothing is announced. */
export const DOWN = 0xff;

/** Routes of all networks to one destination: length of the announced path and kind, four times the one plus the other; or {@link UNREACHED}. */
export type RouteLengths = Uint16Array;

/** What is needed to compute routes. */
export interface RoutedNetworks {
  readonly adjacencies: AdjacencyTable;
  readonly index: AdjacencyIndex;
  /** By how much a route becomes longer over an adjacency of the network that announces it, or {@link DOWN}. */
  readonly weights: Uint8Array;
}

/** The kind of a route ({@link RouteKind}). */
export const kindOf = (route: number): number => route & 3;
/** The length of a route. */
export const lengthOf = (route: number): number => route >>> 2;

const routeOf = (length: number, kind: number): number => (length << 2) | kind;

/**
 * Computes the routes of all networks to an announcement: customer routes before peer routes before provider routes, then the shortest; exported
 * as Gao and Rexford describe (valley-free).
 */
export function computeRouteLengths(networks: RoutedNetworks, announcement: Announcement): RouteLengths {
  const routes = new Uint16Array(networks.index.order.length).fill(UNREACHED);
  const climbed = passUp(networks, announcement, routes);
  passAcross(networks, announcement, routes, climbed);
  passDown(networks, routes);
  return routes;
}

/** From the origins to providers, shortest first. Returns the networks that have a route then. */
function passUp(
  { adjacencies: { neighbour }, index: { providers }, weights }: RoutedNetworks,
  { sites, withheld }: Announcement,
  routes: RouteLengths,
): number[] {
  const reached = [...sites.keys()];
  for (const origin of reached) routes[origin] = routeOf(0, RouteKind.own);
  const byLength: number[][] = [[...reached]];
  for (let length = 0; length < byLength.length; length++) {
    for (const network of byLength[length] ?? []) {
      if (lengthOf(routes[network]) !== length) continue;
      forEach(providers, network, (i) => {
        const to = neighbour[i];
        if (weights[i] === DOWN || withheld.has(i) || kindOf(routes[to]) === RouteKind.own) return;
        const route = routeOf(length + weights[i], RouteKind.customer);
        if (route >= routes[to]) return;
        if (routes[to] === UNREACHED) reached.push(to);
        routes[to] = route;
        const queue = byLength[length + weights[i]] ?? [];
        queue.push(to);
        byLength[length + weights[i]] = queue;
      });
    }
  }
  return reached;
}

/** From networks with customer routes to their peers. */
function passAcross(
  { adjacencies: { neighbour }, index: { peers }, weights }: RoutedNetworks,
  { withheld }: Announcement,
  routes: RouteLengths,
  climbed: readonly number[],
): void {
  for (const network of climbed) {
    forEach(peers, network, (i) => {
      const to = neighbour[i];
      if (weights[i] === DOWN || withheld.has(i) || kindOf(routes[to]) < RouteKind.peer) return;
      routes[to] = Math.min(routes[to], routeOf(lengthOf(routes[network]) + weights[i], RouteKind.peer));
    });
  }
}

/** From all networks to customers without a route of another kind. One pass is enough if no network is its own provider. */
function passDown(
  { adjacencies: { neighbour, reverse }, index: { providers, order, hasCycles }, weights }: RoutedNetworks,
  routes: RouteLengths,
): void {
  const { first, adjacency } = providers;
  for (let isChanged = true; isChanged; isChanged = isChanged && hasCycles) {
    isChanged = false;
    // Plain loops, because this is where large simulations spend their time.
    for (let at = 0; at < order.length; at++) {
      const network = order[at];
      if (kindOf(routes[network]) !== RouteKind.provider) continue;
      let best = routes[network];
      for (let k = first[network]; k < first[network + 1]; k++) {
        const above = routes[neighbour[adjacency[k]]];
        const weight = weights[reverse[adjacency[k]]];
        if (above === UNREACHED || weight === DOWN) continue;
        const route = routeOf(lengthOf(above) + weight, RouteKind.provider);
        if (route < best) best = route;
      }
      if (best === routes[network]) continue;
      routes[network] = best;
      isChanged = true;
    }
  }
}

function forEach({ first, adjacency }: AdjacencyLists, network: number, use: (adjacency: number) => void): void {
  for (let k = first[network]; k < first[network + 1]; k++) use(adjacency[k]);
}
