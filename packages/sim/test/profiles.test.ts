import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  generateTopology,
  PROFILES,
  type Profile,
  SimError,
  SimulatedInternet,
  simParameters,
  type Topology,
} from '../src/index.ts';

const internetOf = (profile: Profile, seed = 7): SimulatedInternet =>
  new SimulatedInternet({ parameters: simParameters('medium', seed, {}, profile) });

function digest({ interfaces, routers, hosts, adjacencies }: Topology): string {
  const hash = createHash('sha256');
  for (const column of [interfaces.address, interfaces.cost, routers.stamp, hosts.router, adjacencies.prepends])
    hash.update(new Uint8Array(column.buffer));
  return hash.digest('hex');
}

describe('profiles', () => {
  it('generate the same Internet from the same seed', () => {
    for (const profile of Object.keys(PROFILES) as Profile[]) {
      const digests = [7, 7, 8].map((seed) => digest(generateTopology(simParameters('small', seed, {}, profile))));
      expect(digests[0]).toBe(digests[1]);
      expect(digests[0]).not.toBe(digests[2]);
    }
  });

  it('refuse values out of range', () => {
    expect(() => simParameters('small', 1, { deepAccess: 1.5 }, 'published')).toThrow(SimError);
    expect(() => simParameters('small', 1, { accessDepth: Number.NaN }, 'published')).toThrow(SimError);
  });
});

describe('places of profile published', () => {
  const { places, topology, network } = internetOf('published');
  const networkOf = (address: number): number => topology.networkOf.lookup(address);

  it('puts vantage points into transit networks that let spoofed packets out, in several cities', () => {
    expect(places.vantagePoints.length).toBe(50);
    for (const { address } of places.vantagePoints) {
      expect(network.allowsSpoofing(address)).toBe(true);
      expect(topology.networks.tiers[networkOf(address)]).toBeLessThan(3);
    }
    expect(new Set(places.vantagePoints.slice(0, 10).map(({ city }) => city.code)).size).toBeGreaterThan(5);
  });

  it('gives every place an address of its own, which is no gateway', () => {
    const all = [...places.vantagePoints, ...places.sources, ...places.atlasProbes].map(({ address }) => address);
    expect(new Set(all).size).toBe(all.length);
    const gateways = new Set(topology.hosts.gateway);
    for (const address of all) {
      expect(topology.hostPrefixOf.lookup(address)).toBeGreaterThanOrEqual(0);
      expect(gateways.has(address)).toBe(false);
    }
  });

  it('lists at most one address of a /24, which is no gateway', () => {
    expect(new Set(places.hitlist.map((address) => address >>> 8)).size).toBe(places.hitlist.length);
    const gateways = new Set(topology.hosts.gateway);
    expect(places.hitlist.some((address) => gateways.has(address))).toBe(false);
  });
});

describe('host prefixes of profile published', () => {
  const { hosts } = internetOf('published').topology;

  it('have gateways anywhere', () => {
    const isFirst = hosts.prefixes.filter(({ address }, i) => hosts.gateway[i] === address + 1).length;
    expect(isFirst / hosts.count).toBeGreaterThan(0.5);
    expect(isFirst / hosts.count).toBeLessThan(0.7);
    hosts.prefixes.forEach(({ address, length }, i) => {
      expect(hosts.gateway[i]).toBeGreaterThan(address);
      expect(hosts.gateway[i]).toBeLessThan(address + 2 ** (32 - length) - 1);
    });
  });

  it('split some /24s over routers', () => {
    const routersOf = new Map<number, Set<number>>();
    hosts.prefixes.forEach(({ address }, i) => {
      routersOf.set(address >>> 8, (routersOf.get(address >>> 8) ?? new Set()).add(hosts.router[i]));
    });
    expect([...routersOf.values()].filter((routers) => routers.size === 2).length).toBeGreaterThan(50);
  });
});
