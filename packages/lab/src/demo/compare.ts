import type { Measurement } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import type { GroundTruth } from '@revtr/sim';

/** A measurement compared with the ground truth. */
export interface Comparison {
  /** Number of correct hops between destination and source, and number of hops whose address belongs to a router. */
  readonly rightHops: number;
  readonly judgedHops: number;
  /** AS numbers of the true reverse path, from the destination to the source. */
  readonly asPath: readonly number[];
  /** One sentence for the terminal. */
  readonly text: string;
}

/** Compares a measurement with the ground truth. A hop is right if packets from the destination can pass its router. */
export function compareWithTruth({ source, destination, result }: Measurement, truth: GroundTruth): Comparison {
  const [to, from] = [parseIpv4(source), parseIpv4(destination)];
  const at = result?.startedAt ?? 0;
  const possible = truth.possibleRouters(from, to, at);
  const routers = (result?.hops ?? [])
    .map((hop) => parseIpv4(hop.address))
    .filter((address) => address !== to && address !== from)
    .map((address) => truth.routerOf(address))
    .filter((router) => router >= 0);
  const rightHops = routers.filter((router) => possible.has(router)).length;
  const path = truth.path(from, to, at);
  const text = `Ground truth: ${rightHops} of ${routers.length} hops are right; the reverse path has ${path.routers.length} routers in AS ${path.asPath.join(' > ')}`;
  return { rightHops, judgedHops: routers.length, asPath: path.asPath, text };
}
