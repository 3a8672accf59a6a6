import { bootstrap, type Estimate } from './bootstrap.ts';
import { type Calibration, calibrate } from './calibration.ts';
import type { JudgedHop, JudgedPair } from './judge.ts';
import { mean, quantile, share } from './quantiles.ts';
import type { Unit, UnitResult } from './unit.ts';

/** Names of the figures, in the order of the table, with what each is for people. */
export const FIGURES = {
  reached: 'reach the source',
  reachedWithoutInterdomain: 'reach without interdomain assumption',
  hopsRight: 'hops right',
  measuredHopsRight: 'hops called measured right',
  routersFound: 'true routers found, completed paths',
  asPathsExact: 'AS paths exact, of those that reach',
  asPathsExactWithoutInterdomain: 'the same, without interdomain assumption',
  optionProbesMedian: 'option probes, median',
  optionProbesMean: 'option probes, mean',
  optionProbesP95: 'option probes, p95',
  allProbesMedian: 'all probes, median',
  allProbesMean: 'all probes, mean',
  allProbesP95: 'all probes, p95',
  spoofedRounds: 'spoofed rounds, mean',
  latencyMedian: 'virtual latency, median (ms)',
  latencyP95: 'virtual latency, p95 (ms)',
  latencyP99: 'virtual latency, p99 (ms)',
} as const;
export type Figure = keyof typeof FIGURES;

/** All that is known of one plan on Internets of one size with one fleet. */
export interface Summary extends Omit<Unit, 'seed' | 'pairs'> {
  readonly seeds: readonly number[];
  readonly pairs: number;
  readonly figures: Readonly<Record<Figure, Estimate>>;
  readonly hopsByTechnique: Readonly<Record<string, { readonly share: number; readonly right: number }>>;
  /** Paths with a wrong hop, by the technique of the first one. */
  readonly firstWrongHop: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly calibration: Calibration;
}

/** Joins the seeds of each plan, size and fleet. */
export function summarise(results: readonly UnitResult[]): Summary[] {
  const groups = Map.groupBy(results, ({ unit: { plan, size, fleet } }) => `${plan} ${size} ${fleet}`);
  return [...groups.values()].map((group): Summary => {
    const { plan, size, fleet } = group[0].unit;
    const pairs = group.flatMap((result) => result.pairs);
    const hops = pairs.flatMap((pair) => pair.hops);
    const wrong = pairs.flatMap((pair) => pair.hops.find(({ verdict }) => verdict === 'wrong')?.technique ?? []);
    return {
      plan,
      size,
      fleet,
      seeds: group.map(({ unit }) => unit.seed),
      pairs: pairs.length,
      figures: bootstrap(pairs, figuresOf),
      hopsByTechnique: byTechnique(hops),
      firstWrongHop: countOf(wrong),
      failures: countOf(pairs.flatMap(({ failure }) => failure ?? [])),
      calibration: calibrate(hops),
    };
  });
}

function figuresOf(pairs: readonly JudgedPair[]): Record<Figure, number> {
  const reached = pairs.filter((pair) => pair.reached);
  const sure = reached.filter((pair) => !pair.usesInterdomainAssumption);
  const hops = pairs.flatMap((pair) => pair.hops);
  const [options, all, latency] = [
    pairs.map((p) => p.optionProbes),
    pairs.map((p) => p.allProbes),
    pairs.map((p) => p.latencyMs),
  ];
  const sum = (of: (pair: JudgedPair) => number): number => reached.reduce((total, pair) => total + of(pair), 0);
  return {
    reached: share(reached.length, pairs.length),
    reachedWithoutInterdomain: share(sure.length, pairs.length),
    hopsRight: shareRight(hops),
    measuredHopsRight: shareRight(hops.filter(({ trust }) => trust === 'measured')),
    routersFound: share(
      sum((pair) => pair.foundRouters),
      sum((pair) => pair.trueRouters),
    ),
    asPathsExact: shareExact(reached),
    asPathsExactWithoutInterdomain: shareExact(sure),
    optionProbesMedian: quantile(options, 0.5),
    optionProbesMean: mean(options),
    optionProbesP95: quantile(options, 0.95),
    allProbesMedian: quantile(all, 0.5),
    allProbesMean: mean(all),
    allProbesP95: quantile(all, 0.95),
    spoofedRounds: mean(pairs.map((pair) => pair.spoofedRounds)),
    latencyMedian: quantile(latency, 0.5),
    latencyP95: quantile(latency, 0.95),
    latencyP99: quantile(latency, 0.99),
  };
}

const shareExact = (pairs: readonly JudgedPair[]): number =>
  share(pairs.filter(({ asPathExact }) => asPathExact).length, pairs.length);

function shareRight(hops: readonly JudgedHop[]): number {
  let judged = 0;
  let right = 0;
  for (const { verdict } of hops) {
    if (verdict !== 'unjudged') judged++;
    if (verdict === 'right') right++;
  }
  return share(right, judged);
}

function byTechnique(hops: readonly JudgedHop[]): Summary['hopsByTechnique'] {
  const groups = Map.groupBy(hops, ({ technique }) => technique);
  return Object.fromEntries(
    [...groups].map(([name, list]) => [name, { share: share(list.length, hops.length), right: shareRight(list) }]),
  );
}

function countOf(names: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, list]) => [name, list.length]));
}
