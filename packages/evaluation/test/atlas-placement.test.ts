import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { describe, expect, it } from 'vitest';
import { judgePlacements } from '../src/evaluate-atlas/placement.ts';

describe('Record Route addresses on the medium Internet', () => {
  it('are placed where the ground truth has them', async () => {
    const world = new SimulatedWorld({ parameters: simParameters('medium', 5), sources: 2 });
    const { atlas } = await world.internet.clock.drive(world.prepare());
    const figures = world.sources.map(({ address }) => judgePlacements(atlas, address, world.internet.truth));
    const sum = (of: 'exact' | 'between', what: 'right' | 'wrong'): number =>
      figures.reduce((total, figure) => total + figure[of][what], 0);
    expect(sum('exact', 'right') / (sum('exact', 'right') + sum('exact', 'wrong'))).toBeGreaterThan(0.97);
    expect(sum('between', 'right') / (sum('between', 'right') + sum('between', 'wrong'))).toBeGreaterThan(0.88);
    expect(sum('exact', 'right')).toBeGreaterThan(1_000);
  });
});
