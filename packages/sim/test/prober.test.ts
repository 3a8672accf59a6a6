import { type ProberEnvironment, proberConformance } from '@revtr/probing/conformance';
import { HostBehaviours, type SimParameters, SimulatedInternet, simParameters } from '../src/index.ts';

/** Finds a vantage point and a target near each other by asking the truth, on an Internet without random loss or balancing. */
const start = (changes: Partial<SimParameters>) => async (): Promise<ProberEnvironment> => {
  const parameters = simParameters('small', 11, {
    ...changes,
    linkLoss: 0,
    perFlowBalancing: 0,
    perPacketBalancing: 0,
    hiddenTunnels: 0,
    rateLimitedRouter: 0,
  });
  const internet = new SimulatedInternet({ parameters });
  const hosts = new HostBehaviours(parameters, internet);
  const findSilent = (address: number): number =>
    hosts.answersPing(address + 2) ? findSilent(address + 1) : address + 2;
  const { truth, places, clock, topology } = internet;
  const prober = internet.prober();
  const [{ address: source }] = places.sources;
  for (const { address: vantagePoint } of places.vantagePoints) {
    for (const target of places.hitlist) {
      const forward = truth.path(vantagePoint, target, clock.now());
      if (forward.routers.length > 6) continue;
      const option = { type: 'recordRoute', slots: 9 } as const;
      const { reply } = await clock.drive(
        prober.ping({ type: 'ping', sender: vantagePoint, target, option, timeoutMs: 2_000 }),
      );
      if (reply?.recordRoute?.includes(target) !== true) continue;
      const routers = new Set(forward.routers);
      const back = new Set(truth.path(target, source, clock.now()).routers);
      return {
        prober,
        vantagePoint,
        source,
        target,
        silent: findSilent(topology.hosts.prefixes[0].address),
        stranger: places.hitlist[0],
        forwardRouters: forward.routers.length,
        isOnForwardPath: (address) => routers.has(truth.routerOf(address)),
        isOnReversePath: (address) => back.has(truth.routerOf(address)),
        drive: (work) => clock.drive(work),
        stop: async () => undefined,
      };
    }
  }
  throw new Error('no pair near enough');
};

proberConformance('simulated Internet, in process', start({}));
proberConformance(
  'simulated Internet with slow, reordering and unusual routers, in process',
  start({
    stampsByDirection: 0.1,
    transitStampsTwice: 0.1,
    optionsSlowPath: 0.3,
    optionsSlowPathPerSecond: 1_000,
    balancesOptionsByAddress: 1,
    perAddressBalancing: 0.5,
    congestedLinks: 0.1,
    reordering: 0.05,
    limitsByArrival: 1,
  }),
);
