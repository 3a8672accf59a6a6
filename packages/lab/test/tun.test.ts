import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { type ProberEnvironment, proberConformance } from '@revtr/probing/conformance';
import { ScamperDriver, ScamperProber } from '@revtr/scamper';
import { HostBehaviours, publishData, SimulatedInternet, simParameters } from '@revtr/sim';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy } from '../src/deployment/deployment.ts';
import { TunNetwork } from '../src/tun/tun-network.ts';
import { canRunKernelLab } from './kernel.ts';

const ROUTERS = 5_000;
const nextPrefix = (): string => `u${(process.pid % 36 ** 3).toString(36)}`;

/** Without what is random, so that the suite can ask the truth. */
const STEADY = { linkLoss: 0, perFlowBalancing: 0, perPacketBalancing: 0, hiddenTunnels: 0, rateLimitedRouter: 0 };

/** Finds a vantage point and a target near each other by asking the truth, and makes source and vantage point real. */
async function environment(): Promise<ProberEnvironment> {
  const parameters = simParameters('medium', 11, STEADY);
  const internet = new SimulatedInternet({ parameters });
  const { truth, places, topology, clock } = internet;
  const behaviours = new HostBehaviours(parameters, internet);
  const findSilent = (address: number): number =>
    behaviours.answersPing(address + 2) ? findSilent(address + 1) : address + 2;
  const [{ address: source }] = places.sources;
  const { vantagePoint, target } = await findNear(internet);
  const hosts = [
    { name: 'source', address: source },
    { name: 'vp', address: vantagePoint },
  ];
  const network = await TunNetwork.up({ prefix: nextPrefix(), hosts }, { internet });
  const directory = mkdtempSync(join(tmpdir(), 'revtr-tun-'));
  const drivers = new Map<Ipv4Address, ScamperDriver>();
  for (const { name, address } of hosts) {
    const wrapper = ['ip', 'netns', 'exec', network.namespaces.of(name)];
    const options = { socketPath: join(directory, name), packetsPerSecond: 1_000, wrapper };
    drivers.set(address, await ScamperDriver.start(options, { clock: systemClock }));
  }
  const forward = truth.path(vantagePoint, target, clock.now());
  const routers = new Set(forward.routers);
  const back = new Set(truth.path(target, source, clock.now()).routers);
  return {
    prober: new ScamperProber({ drivers }, { clock: systemClock }),
    vantagePoint,
    source,
    target,
    silent: findSilent(topology.hosts.prefixes[0].address),
    stranger: places.hitlist[0],
    forwardRouters: forward.routers.length,
    isOnForwardPath: (address) => routers.has(truth.routerOf(address)),
    isOnReversePath: (address) => back.has(truth.routerOf(address)),
    drive: (work) => work,
    stop: async () => {
      await Promise.all([...drivers.values()].map((driver) => driver.stop()));
      await network.down();
      rmSync(directory, { recursive: true });
    },
  };
}

async function findNear(internet: SimulatedInternet): Promise<{ vantagePoint: Ipv4Address; target: Ipv4Address }> {
  const { truth, places, clock } = internet;
  const prober = internet.prober();
  for (const { address: vantagePoint } of places.vantagePoints) {
    for (const target of places.hitlist) {
      if (truth.path(vantagePoint, target, clock.now()).routers.length > 6) continue;
      const option = { type: 'recordRoute', slots: 9 } as const;
      const request = { type: 'ping', sender: vantagePoint, target, option, timeoutMs: 2_000 } as const;
      const { reply } = await clock.drive(prober.ping(request));
      if (reply?.recordRoute?.includes(target) === true) return { vantagePoint, target };
    }
  }
  throw new Error('no pair near enough');
}

describe.skipIf(!canRunKernelLab())('the simulated Internet at the other end of TUN devices', () => {
  proberConformance('real scamper on the simulated Internet', environment);

  describe('with the whole system on it', () => {
    const VANTAGE_POINTS = 10;
    let internet: SimulatedInternet;
    let network: TunNetwork;
    let system: Deployment;
    beforeAll(async () => {
      internet = new SimulatedInternet({
        parameters: simParameters('medium', 5, { perFlowBalancing: 0, perPacketBalancing: 0 }),
        startMs: Date.now(),
      });
      expect(internet.topology.routers.count).toBeGreaterThan(ROUTERS);
      const { vantagePoints, sources, hitlist } = internet.places;
      const places = [
        ...vantagePoints
          .slice(0, VANTAGE_POINTS)
          .map(({ address }, i) => ({ name: `vp${i}`, address, kind: 'vantagePoint' as const })),
        { name: 'source', address: sources[0].address, kind: 'source' as const },
      ];
      network = await TunNetwork.up({ prefix: nextPrefix(), hosts: places }, { internet });
      const data = publishData(internet.topology, internet.parameters);
      system = await deploy(network.namespaces, {
        hosts: places.map((place) => ({ ...place, address: formatIpv4(place.address) })),
        origins: data.prefixOrigins,
        aliases: data.aliasSets,
        testNetworks: [],
        testTargets: hitlist.slice(0, 6),
        port: 0,
        onProgress: (message) => {
          if (message.includes('.log:')) process.stderr.write(`${message}\n`);
        },
      });
    }, 300_000);
    afterAll(async () => {
      await system?.stop();
      await network?.down();
    });

    it('measures reverse paths with agents, as accurately as in the kernel lab', async () => {
      const client = new ReverseTracerouteClient({ server: system.api, key: system.key });
      const pairs = internet.places.hitlist
        .filter((_, i) => i % 97 === 3)
        .slice(0, 60)
        .map((address) => ({ src: system.source, dst: formatIpv4(address) }));
      const { batchId } = await client.submit(pairs, { skipInvalid: true });
      const { measurements } = await client.wait(batchId);
      expect(measurements.length).toBeGreaterThan(30);
      const reached = measurements.filter(({ result }) => result?.stopReason === 'reaches');
      expect(reached.length).toBeGreaterThan(measurements.length * 0.8);
      const { truth, clock } = internet;
      let [right, judged] = [0, 0];
      for (const { source, destination, result } of measurements) {
        const path = new Set(truth.path(parseIpv4(destination), parseIpv4(source), clock.now()).routers);
        for (const { address, trust } of (result?.hops ?? []).slice(1, -1)) {
          const router = truth.routerOf(parseIpv4(address));
          if (trust !== 'measured' || router < 0) continue;
          judged++;
          if (path.has(router)) right++;
        }
      }
      expect(judged).toBeGreaterThan(30);
      expect(right / judged).toBeGreaterThan(0.95);
    });
  });
});
