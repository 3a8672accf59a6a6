import type { Ipv4Address } from '@revtr/net';
import type { GroundTruth } from '@revtr/sim';

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
  /** AS number of the network that operates a router. */
  readonly operatorOf: (router: number) => number;
}

/** The ground truth of a simulated Internet. */
export const truthOf = (truth: GroundTruth): Truth => ({
  route: (destination, source, atMs) => {
    const { routers, asPath } = truth.path(destination, source, atMs);
    return { routers, asPath, possible: truth.possibleRouters(destination, source, atMs) };
  },
  routersOf: (address) => {
    const router = truth.routerOf(address);
    return router < 0 ? [] : [router];
  },
  operatorOf: (router) => truth.asOf(router),
});
