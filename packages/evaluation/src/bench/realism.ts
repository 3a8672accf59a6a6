import type { PingRequest, PingResult } from '@revtr/probing';
import { pingAll } from '@revtr/probing';
import { SimulatedInternet, simParameters } from '@revtr/sim';
import { mean, share } from '../statistics/quantiles.ts';

const PAIRS = 5_000;
const TARGETS = 1_500;

/** Properties of the medium Internet as probes see them. docs/simulator.md compares them with published figures. */
export async function benchRealism() {
  const internet = new SimulatedInternet({ parameters: simParameters('medium', 1) });
  const { networks, routers, interfaces, hosts } = internet.topology;
  return {
    networks: networks.count,
    routers: routers.count,
    interfaces: interfaces.count,
    hostPrefixes: hosts.count,
    ...paths(internet),
    ...(await recordRouteReach(internet)),
  };
}

function paths({ truth, places, clock }: SimulatedInternet) {
  const pairs = Array.from({ length: PAIRS }, (_, i) => {
    const source = places.sources[i % places.sources.length].address;
    const destination = places.hitlist[(i * 37) % places.hitlist.length];
    const [forward, reverse] = [
      truth.path(source, destination, clock.now()),
      truth.path(destination, source, clock.now()),
    ];
    return {
      routers: reverse.routers.length,
      networks: reverse.asPath.length,
      isAsymmetric: [...reverse.routers].reverse().join() !== forward.routers.join(),
      isAsAsymmetric: [...reverse.asPath].reverse().join() !== forward.asPath.join(),
    };
  });
  return {
    meanRoutersOnPath: mean(pairs.map((pair) => pair.routers)),
    meanNetworksOnPath: mean(pairs.map((pair) => pair.networks)),
    asymmetricRouterPaths: share(pairs.filter((pair) => pair.isAsymmetric).length, PAIRS),
    asymmetricAsPaths: share(pairs.filter((pair) => pair.isAsAsymmetric).length, PAIRS),
  };
}

async function recordRouteReach(internet: SimulatedInternet) {
  const { places, clock } = internet;
  const prober = internet.prober();
  const targets = places.hitlist.filter((_, i) => i % Math.ceil(places.hitlist.length / TARGETS) === 0);
  const run = (requests: readonly PingRequest[]): Promise<PingResult[]> =>
    clock.drive(pingAll(prober, requests, { concurrency: 5_000 }));
  const plain = await run(
    targets.map((target) => ({ type: 'ping', sender: places.sources[0].address, target, timeoutMs: 2_000 })),
  );
  const responsive = plain.flatMap(({ request, reply }) => (reply === undefined ? [] : [request.target]));
  const answering = new Set<number>();
  const reachable = new Set<number>();
  for (const { address: sender } of places.vantagePoints) {
    const option = { type: 'recordRoute', slots: 9 } as const;
    for (const { request, reply } of await run(
      responsive.map((target) => ({ type: 'ping', sender, target, option, timeoutMs: 2_000 })),
    )) {
      if (reply?.recordRoute === undefined) continue;
      answering.add(request.target);
      if (reply.recordRoute.includes(request.target)) reachable.add(request.target);
    }
  }
  return {
    vantagePoints: places.vantagePoints.length,
    answerRecordRouteOfPingResponsive: share(answering.size, responsive.length),
    withinNineOfAVantagePoint: share(reachable.size, answering.size),
    networksThatLetSpoofedPacketsOut: mean([...internet.topology.networks.spoofingAllowed]),
  };
}
