import { defaultPlan, type Plan, type ReverseTraceroute, revtr2Plan } from '@revtr/engine';
import { inParallel } from '@revtr/probing';
import { type Size, simParameters } from '@revtr/sim';
import { type PreparationReport, SimulatedWorld } from '../world/simulated-world.ts';
import { judge } from './judge.ts';
import { type PlanSummary, summarise } from './summary.ts';

/** Plans by name: to add one, add it here. */
export const PLANS: Readonly<Record<string, Plan>> = { default: defaultPlan, revtr2: revtr2Plan };

export interface EvaluateOptions {
  readonly seed: number;
  readonly size: Size;
  readonly pairs: number;
  readonly plans: readonly Plan[];
  readonly onProgress?: (message: string) => void;
}

/** Figures of all plans over the same pairs of the same Internet. */
export interface Evaluation {
  readonly seed: number;
  readonly size: Size;
  readonly preparation: PreparationReport | undefined;
  readonly plans: readonly PlanSummary[];
}

const SOURCES = 10;
/** Measurements under way at once: few, so that one can learn from another as in daily use. */
const CONCURRENCY = 20;

/** Measures the same pairs by each plan, each on a fresh copy of the same simulated Internet, and judges the results. */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const summaries: PlanSummary[] = [];
  let preparation: PreparationReport | undefined;
  for (const plan of options.plans) {
    const world = new SimulatedWorld({
      parameters: simParameters(options.size, options.seed),
      sources: SOURCES,
      ...(options.onProgress && { onProgress: options.onProgress }),
    });
    const results = await world.internet.clock.drive(measurePairs(world, plan, options));
    const judgements = results.map((result) => judge(result, world.internet.truth));
    summaries.push(summarise(plan.name, results, judgements));
    preparation = world.report;
  }
  return { seed: options.seed, size: options.size, preparation, plans: summaries };
}

async function measurePairs(world: SimulatedWorld, plan: Plan, options: EvaluateOptions): Promise<ReverseTraceroute[]> {
  const engine = await world.engine(plan);
  const pairs = world.randomPairs(options.pairs);
  const results: ReverseTraceroute[] = new Array(pairs.length);
  let done = 0;
  await inParallel(pairs.length, CONCURRENCY, async (i) => {
    results[i] = await engine.measure(pairs[i]);
    done++;
    if (done % 250 === 0) options.onProgress?.(`plan ${plan.name}: ${done} of ${pairs.length} pairs measured`);
  });
  return results;
}
