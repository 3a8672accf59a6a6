import { inParallel } from '@revtr/probing';
import { type Size, simParameters } from '@revtr/sim';
import { type PreparationReport, SimulatedWorld } from '../world/simulated-world.ts';
import { type JudgedPair, judge } from './judge.ts';
import { PLANS } from './plans.ts';

/** One plan on one simulated Internet: what is run at once, and kept in one file. */
export interface Unit {
  readonly plan: string;
  readonly size: Size;
  readonly seed: number;
  /** Vantage points. */
  readonly fleet: number;
  readonly pairs: number;
}

export interface UnitResult {
  readonly unit: Unit;
  readonly preparation: PreparationReport | undefined;
  readonly pairs: readonly JudgedPair[];
}

const SOURCES = 10;
/** Measurements under way at once: few, so that one can learn from another as in daily use. */
const CONCURRENCY = 20;

/** Names the unit: also the name of its file. */
export const unitName = ({ plan, size, fleet, seed, pairs }: Unit): string =>
  `${plan}-${size}-${fleet}vp-${pairs}pairs-seed${seed}`;

/** Measures the pairs of a unit on a fresh simulated Internet and judges the results. The same unit gives the same result. */
export async function runUnit(unit: Unit): Promise<UnitResult> {
  const parameters = simParameters(unit.size, unit.seed, { vantagePoints: unit.fleet });
  const world = new SimulatedWorld({ parameters, sources: SOURCES });
  const { clock, truth } = world.internet;
  const pairs = await clock.drive(
    (async () => {
      const engine = await world.engine(PLANS[unit.plan]);
      const wanted = world.randomPairs(unit.pairs);
      const judged: JudgedPair[] = new Array(wanted.length);
      await inParallel(wanted.length, CONCURRENCY, async (i) => {
        judged[i] = judge(await engine.measure(wanted[i]), truth);
      });
      return judged;
    })(),
  );
  return { unit, preparation: world.report, pairs };
}
