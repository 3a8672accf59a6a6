import { type PreparationReport, SimulatedWorld } from '@revtr/lab/simulated-world';
import { inParallel } from '@revtr/probing';
import { type Size, simParameters } from '@revtr/sim';
import { type JudgedPair, judge } from '../judging/judge.ts';
import { PLANS } from './plans.ts';

/** One plan on one simulated Internet. A unit runs in one worker, and its result is stored in one file. */
export interface Unit {
  readonly plan: string;
  readonly size: Size;
  readonly seed: number;
  /** Number of vantage points. */
  readonly fleet: number;
  /** Number of pairs. */
  readonly pairs: number;
  /** Contents of the atlas. */
  readonly atlas: AtlasContent;
}

/**
 * Contents of the atlas. `none`: empty. `traceroutes`: traceroutes only. `recordRoute`: traceroutes and Record Route pings to
 * their hops. `grown`: in addition, paths of earlier reverse traceroutes. `usual`: the setting of the plan, without earlier
 * reverse traceroutes.
 */
export const ATLAS_CONTENTS = ['usual', 'none', 'traceroutes', 'recordRoute', 'grown'] as const;
export type AtlasContent = (typeof ATLAS_CONTENTS)[number];

export interface UnitResult {
  readonly unit: Unit;
  readonly preparation: PreparationReport | undefined;
  readonly pairs: readonly JudgedPair[];
}

const SOURCES = 10;
/** Parallel measurements. The number is small because later measurements learn from earlier ones, as in production. */
const CONCURRENCY = 20;

/** Name of a unit and of its file. */
export const unitName = ({ plan, size, fleet, seed, pairs, atlas }: Unit): string =>
  `${plan}-${size}-${fleet}vp-${pairs}pairs-seed${seed}${atlas === 'usual' ? '' : `-${atlas}`}`;

/** Longer than the reuse of measured hops, so only the atlas keeps information about earlier measurements. */
const PAUSE_MS = 2 * 3_600_000;

/** Generates a simulated Internet, measures the pairs of a unit and judges the results. The same unit gives the same result. */
export async function runUnit(unit: Unit): Promise<UnitResult> {
  const parameters = simParameters(unit.size, unit.seed, { vantagePoints: unit.fleet });
  const { atlas } = unit;
  const content = atlas === 'usual' || atlas === 'grown' ? 'recordRoute' : atlas;
  const world = new SimulatedWorld({ parameters, sources: SOURCES, atlas: content });
  const { clock, truth } = world.internet;
  const plan = { ...PLANS[unit.plan], ...(atlas !== 'usual' && { growsAtlas: atlas === 'grown' }) };
  const pairs = await clock.drive(
    (async () => {
      const engine = await world.engine(plan);
      if (atlas !== 'usual') {
        const before = world.randomPairs(unit.pairs, 'before');
        await inParallel(before.length, CONCURRENCY, async (i) => void (await engine.measure(before[i])));
        await clock.sleep(PAUSE_MS);
      }
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
