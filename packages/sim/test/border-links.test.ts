import { describe, expect, it } from 'vitest';
import { generateTopology, type SimParameters, simParameters, type Topology } from '../src/index.ts';

const STUB = 3;

const build = (changes: Partial<SimParameters>): Topology =>
  generateTopology(simParameters('medium', 41, changes, 'published'));

/** For each network of a tier with several neighbours, the routers with links to other networks. */
function borderRouters({ networks, adjacencies, interfaces }: Topology, tier: number): Set<number>[] {
  return [...networks.tiers.keys()]
    .filter((network) => networks.tiers[network] === tier)
    .filter((network) => adjacencies.first[network + 1] - adjacencies.first[network] > 1)
    .map(
      (network) =>
        new Set(
          adjacencies.interfaces
            .slice(adjacencies.first[network], adjacencies.first[network + 1])
            .flat()
            .map((iface) => interfaces.router[iface]),
        ),
    );
}

describe('links between networks', () => {
  it('end at several routers of a network without customers that separates its borders', () => {
    const withOne = (separateBorders: number): number => {
      const borders = borderRouters(build({ separateBorders, stubParallelLinks: 0 }), STUB);
      expect(borders.length).toBeGreaterThan(100);
      return borders.filter(({ size }) => size === 1).length / borders.length;
    };
    expect(withOne(0)).toBeGreaterThan(0.3);
    // Its links to a network that is not in its cities all end in the nearest one of them.
    expect(withOne(1)).toBeLessThan(0.05);
  });

  it('are parallel between different routers, as far as a city has several', () => {
    const { adjacencies, interfaces, routers } = build({ parallelLinks: 1, stubParallelLinks: 0 });
    let [apart, together] = [0, 0];
    for (const list of adjacencies.interfaces) {
      const byCity = Map.groupBy(list, (iface) => routers.city[interfaces.router[iface]]);
      for (const [first, second] of byCity.values()) {
        if (second === undefined) continue;
        if (interfaces.router[first] === interfaces.router[second]) together++;
        else apart++;
      }
    }
    expect(apart).toBeGreaterThan(2 * together);
  });
});
