import type { Atlas, Contradiction, PlacedStamp } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { GroundTruth } from '@revtr/sim';

interface Verdicts {
  readonly right: number;
  readonly wrong: number;
}

/** Accuracy of the positions that the atlas assigns to Record Route addresses. */
export interface PlacementFigures {
  /** Addresses at one position. Right if the address and the hop belong to the same router. */
  readonly exact: Verdicts;
  /** Addresses between two hops. Right if the router is between them on the true path. */
  readonly between: Verdicts;
  /** Number of addresses that belong to no router, for example private addresses. */
  readonly unjudged: number;
  readonly contradictions: Readonly<Record<Contradiction, number>>;
}

/** Judges each placed address on the atlas paths to one source. */
export function judgePlacements(atlas: Atlas, source: Ipv4Address, truth: GroundTruth): PlacementFigures {
  const exact = { right: 0, wrong: 0 };
  const between = { right: 0, wrong: 0 };
  let unjudged = 0;
  const known = atlas.of(source);
  for (const [{ origin, at }, stamps] of known?.placements() ?? []) {
    for (const stamp of stamps) {
      const isRight = judgeStamp(stamp, { origin, source, at }, truth);
      if (isRight === undefined) unjudged++;
      else (stamp.first === stamp.last ? exact : between)[isRight ? 'right' : 'wrong']++;
    }
  }
  return {
    exact,
    between,
    unjudged,
    contradictions: known?.contradictions() ?? { order: 0, bounds: 0, branch: 0, asLoop: 0 },
  };
}

function judgeStamp(
  { address, first, last }: PlacedStamp,
  way: { readonly origin: Ipv4Address; readonly source: Ipv4Address; readonly at: number },
  truth: GroundTruth,
): boolean | undefined {
  const router = truth.routerOf(address);
  if (router < 0) return undefined;
  const { origin, source, at } = way;
  const hop = first.address === undefined ? -1 : truth.routerOf(first.address);
  if (first === last && hop >= 0) return hop === router;
  // If the hop was silent, only the presence of the router on the path can be judged.
  const isBehind = truth.possibleRouters(hop < 0 ? origin : (first.address ?? origin), source, at).has(router);
  return isBehind && (first === last || isBefore(truth, router, last.address ?? source, source, at));
}

/** Whether packets to the source that pass `router` can pass the router of `hop` later, or whether both are the same router. */
function isBefore(truth: GroundTruth, router: number, hop: Ipv4Address, source: Ipv4Address, at: number): boolean {
  const target = truth.routerOf(hop);
  if (target < 0 || target === router) return true;
  const [address] = truth.addressesOf(router);
  return truth.possibleRouters(address, source, at).has(target);
}
