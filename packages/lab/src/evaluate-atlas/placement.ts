import type { Atlas, Contradiction } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { GroundTruth } from '@revtr/sim';

/** How well Record Route addresses are placed, held against the truth. */
export interface PlacementFigures {
  /** Addresses placed at one position: the router is that hop's, or it is not. */
  readonly exact: { readonly right: number; readonly wrong: number };
  /** Addresses placed between hops: the router lies there on the true way, or it does not. */
  readonly between: { readonly right: number; readonly wrong: number };
  /** Addresses that no router owns, such as private ones. */
  readonly unjudged: number;
  readonly contradictions: Readonly<Record<Contradiction, number>>;
}

/** Judges every placement on the paths to one source. */
export function judgePlacements(atlas: Atlas, source: Ipv4Address, truth: GroundTruth): PlacementFigures {
  const exact = { right: 0, wrong: 0 };
  const between = { right: 0, wrong: 0 };
  let unjudged = 0;
  const known = atlas.of(source);
  for (const [path, stamps] of known?.placements() ?? []) {
    const possible = truth.possibleRouters(path.origin, source, path.at);
    for (const { address, first, last } of stamps) {
      const router = truth.routerOf(address);
      if (router < 0) unjudged++;
      else if (first === last) {
        const hop = first.address === undefined ? -1 : truth.routerOf(first.address);
        // A hop that was silent can only be judged by whether the router is on the way.
        const isRight = hop < 0 ? possible.has(router) : hop === router;
        exact[isRight ? 'right' : 'wrong']++;
      } else {
        const from = first.address ?? path.origin;
        const to = last.address ?? source;
        const isRight =
          truth.possibleRouters(from, source, path.at).has(router) && isBefore(truth, router, to, source, path.at);
        between[isRight ? 'right' : 'wrong']++;
      }
    }
  }
  return { exact, between, unjudged, contradictions: known?.contradictions() ?? { order: 0, bounds: 0, asLoop: 0 } };
}

/** Whether packets to the source that pass `router` come by the router of `hop` behind it, or have it there. */
function isBefore(truth: GroundTruth, router: number, hop: Ipv4Address, source: Ipv4Address, at: number): boolean {
  const target = truth.routerOf(hop);
  if (target < 0 || target === router) return true;
  const [address] = truth.addressesOf(router);
  return truth.possibleRouters(address, source, at).has(target);
}
