import type { SimulatedWorld } from '@revtr/lab/simulated-world';
import type { Ipv4Address } from '@revtr/net';

/** The true routing between two addresses at a moment. */
export interface TrueRouting {
  /** Routers that packets can pass, over all flows. */
  readonly routers: ReadonlySet<number>;
  /** Networks of the path of one flow. */
  readonly asPath: readonly number[];
  readonly reached: boolean;
}

/** The routing now, from the ground truth. */
export function routingOf({ internet }: SimulatedWorld, from: Ipv4Address, to: Ipv4Address): TrueRouting {
  const now = internet.clock.now();
  const { asPath, reached } = internet.truth.path(from, to, now);
  return { routers: internet.truth.possibleRouters(from, to, now), asPath, reached };
}

/** What has changed between two moments. */
export type TrueChange = 'none' | 'unreachable' | 'balancing' | 'routers' | 'networks';

/**
 * How the routing has changed. `balancing`: routers were only added to those that packets can pass, or only taken away. `routers`: some were
 * replaced. `networks`: the networks differ as well.
 */
export function changeBetween(before: TrueRouting, after: TrueRouting): TrueChange {
  if (!after.reached) return before.reached ? 'unreachable' : 'none';
  const gone = [...before.routers].some((router) => !after.routers.has(router));
  const added = [...after.routers].some((router) => !before.routers.has(router));
  if (!gone && !added) return 'none';
  if (!gone || !added) return 'balancing';
  return before.asPath.join(' ') === after.asPath.join(' ') ? 'routers' : 'networks';
}
