import type { Measurement } from '@revtr/client';
import { parseIpv4 } from '@revtr/net';
import type { GroundTruth } from '@revtr/sim';

/** A measurement beside what is really the case. */
export interface Comparison {
  /** Hops between destination and source whose router packets can really pass, and all such hops. */
  readonly rightHops: number;
  readonly judgedHops: number;
  /** Networks of the true path, in order. */
  readonly asPath: readonly number[];
  readonly text: string;
}

/** Holds a shown measurement against the truth of the simulator, which the measurement did not know. */
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
  const text = `Truth of the simulator: ${rightHops} of ${routers.length} hops are on the path; it has ${path.routers.length} routers in AS ${path.asPath.join(' > ')}`;
  return { rightHops, judgedHops: routers.length, asPath: path.asPath, text };
}
