import { describe, expect, it } from 'vitest';
import { FAMILIES, type FamilyName, SimulatedInternet, simParameters } from '../src/index.ts';

const parameters = simParameters('medium', 3);
const grow = (family: FamilyName): SimulatedInternet => new SimulatedInternet({ parameters, family: FAMILIES[family] });

/** Number of neighbours of each network, largest first. */
function degrees({ topology }: SimulatedInternet): number[] {
  const { first } = topology.adjacencies;
  return Array.from({ length: topology.networks.count }, (_, i) => first[i + 1] - first[i]).sort((a, b) => b - a);
}

describe.each(['grown', 'flat'] as const)('the family %s', (name) => {
  const internet = grow(name);

  it('has the networks and about the routers that were asked for', () => {
    const { networks, routers } = internet.topology;
    expect(networks.count).toBe(parameters.ases);
    expect(routers.count / parameters.routers).toBeCloseTo(1, 1);
  });

  it('connects every source with every host, both ways', () => {
    const { truth, places, clock } = internet;
    for (const [i, host] of places.hitlist.entries()) {
      if (i % 7 > 0) continue;
      const { address } = places.sources[i % places.sources.length];
      expect(truth.path(host, address, clock.now()).reached).toBe(true);
      expect(truth.path(address, host, clock.now()).reached).toBe(true);
    }
  });

  it('is the same for the same seed', () => {
    expect(grow(name).topology.interfaces.address).toEqual(internet.topology.interfaces.address);
  });
});

describe('the family flat', () => {
  it('has more links between networks, and no network with as many neighbours as the largest grown ones', () => {
    const [flat, grown] = [degrees(grow('flat')), degrees(grow('grown'))];
    const total = (list: readonly number[]): number => list.reduce((sum, degree) => sum + degree, 0);
    expect(total(flat)).toBeGreaterThan(1.5 * total(grown));
    expect(flat[0]).toBeLessThan(grown[0]);
  });
});

describe('a simulation like another one', () => {
  it('has the same topology and routing, a clock of its own, and feels no earlier packet', async () => {
    const first = new SimulatedInternet({ parameters: simParameters('small', 3) });
    const [{ address: sender }] = first.places.sources;
    const request = { type: 'ping', sender, target: first.places.hitlist[0], timeoutMs: 2_000 } as const;
    await first.clock.drive(first.prober().ping(request));
    const startMs = first.clock.now() + 3_600_000;
    const again = new SimulatedInternet({ parameters: first.parameters, startMs, like: first });
    expect([again.topology, again.timeline]).toEqual([first.topology, first.timeline]);
    expect([again.clock.now(), again.network.counts.sent]).toEqual([startMs, 0]);
    expect((await again.clock.drive(again.prober().ping(request))).reply?.from).toBe(request.target);
  });
});
