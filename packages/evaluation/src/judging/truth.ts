import type { Ipv4Address } from '@revtr/net';
import { addressesBehindNat, routersByPrivateAddress, type SimulatedInternet } from '@revtr/sim';

/** The true path from a destination to a source at one moment. Routers are known by number. */
export interface TrueRoute {
  /** Routers on the path of one flow, in order, that of the source last. */
  readonly routers: readonly number[];
  /** Routers that packets of any flow can pass. */
  readonly possible: ReadonlySet<number>;
  /** Networks of one flow in order, each once. */
  readonly asPath: readonly number[];
}

/** What a judge knows about an Internet. */
export interface Truth {
  /** The true path at `atMs`, milliseconds since the Unix epoch. */
  readonly route: (destination: Ipv4Address, source: Ipv4Address, atMs: number) => TrueRoute;
  /** Routers that show an address: none if it belongs to no router, several if it is shared. */
  readonly routersOf: (address: Ipv4Address) => readonly number[];
  /** Whether an address belongs to the destination's own access, such as its NAT: it is then on every path from there. */
  readonly isAtDestination: (address: Ipv4Address, destination: Ipv4Address) => boolean;
  /** AS number of the network that operates a router. */
  readonly operatorOf: (router: number) => number;
}

/**
 * The routers that an address shows on a path. Of the routers that share an address, only those on one of the possible routes can have shown
 * it.
 */
export function shownRouters(
  address: Ipv4Address,
  routes: readonly Pick<TrueRoute, 'possible'>[],
  truth: Pick<Truth, 'routersOf'>,
): readonly number[] {
  const routers = truth.routersOf(address);
  return routers.length < 2 ? routers : routers.filter((router) => routes.some(({ possible }) => possible.has(router)));
}

/** The ground truth of a simulated Internet. */
export function truthOf({ truth, topology, parameters }: SimulatedInternet): Truth {
  const byPrivateAddress = routersByPrivateAddress(topology, parameters);
  return {
    route: (destination, source, atMs) => {
      const { routers, asPath } = truth.path(destination, source, atMs);
      return { routers, asPath, possible: truth.possibleRouters(destination, source, atMs) };
    },
    routersOf: (address) => {
      const router = truth.routerOf(address);
      return router < 0 ? (byPrivateAddress.get(address) ?? []) : [router];
    },
    isAtDestination: (address, destination) => addressesBehindNat(topology, destination).includes(address),
    operatorOf: (router) => truth.asOf(router),
  };
}
