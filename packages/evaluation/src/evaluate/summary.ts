import { countRight, judgedHops, shareRight } from '../judging/accuracy.ts';
import type { JudgedHop, JudgedPair } from '../judging/judge.ts';
import { bootstrap, type Estimate } from '../statistics/bootstrap.ts';
import { type Calibration, calibrate } from '../statistics/calibration.ts';
import { mean, quantiles, share } from '../statistics/quantiles.ts';
import type { Unit, UnitResult } from './unit.ts';

/** Names of the figures in the order of the table, with their labels. */
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

/** Results of one plan on Internets of one size, with one number of vantage points and one kind of atlas. */
export interface Summary extends Omit<Unit, 'seed' | 'pairs'> {
  readonly seeds: readonly number[];
  readonly pairs: number;
  readonly figures: Readonly<Record<Figure, Estimate>>;
  readonly hopsByTechnique: Readonly<Record<string, { readonly share: number; readonly right: number }>>;
  /** Number of paths with a wrong hop, by the technique of the first wrong hop. */
  readonly firstWrongHop: Readonly<Record<string, number>>;
  /** Number of pairs without an exact AS path, by cause. */
  readonly errorBudget: Readonly<Record<string, number>>;
  /** Accuracy of each kind of hop after a right and after a wrong hop. The confidence of hops is calibrated with it. */
  readonly kinds: Readonly<Record<string, KindFigures>>;
  /** Calibration of hops and, below, of whole paths. */
  readonly calibration: Calibration;
  readonly pathCalibration: Calibration;
}

/** Summarises the results of each combination of plan, size, fleet and atlas over all seeds. */
export function summarise(results: readonly UnitResult[]): Summary[] {
  const groups = Map.groupBy(results, ({ unit }) => [unit.plan, unit.size, unit.fleet, unit.atlas].join(' '));
  return [...groups.values()].map((group): Summary => {
    const { plan, size, fleet, atlas } = group[0].unit;
    const pairs = group.flatMap((result) => result.pairs);
    const hops = pairs.flatMap((pair) => pair.hops);
    const wrong = pairs.flatMap((pair) => pair.hops.find(({ verdict }) => verdict === 'wrong')?.technique ?? []);
    return {
      plan,
      size,
      fleet,
      atlas,
      seeds: group.map(({ unit }) => unit.seed),
      pairs: pairs.length,
      figures: bootstrap(
        group.map((result) => result.pairs.map(countHops)),
        figuresOf,
      ),
      hopsByTechnique: byTechnique(hops),
      firstWrongHop: countOf(wrong),
      errorBudget: countOf(pairs.flatMap(({ cause }) => cause ?? [])),
      kinds: kindFigures(pairs),
      calibration: calibrate(
        hops.flatMap(({ confidence, verdict }) =>
          verdict === 'unjudged' ? [] : { confidence, isRight: verdict === 'right' },
        ),
      ),
      pathCalibration: calibrate(pairs.map(({ confidence, allRight }) => ({ confidence, isRight: allRight }))),
    };
  });
}

/** A pair with counts instead of hops. The bootstrap copies pairs thousands of times, so they must be small. */
interface CountedPair extends Omit<JudgedPair, 'hops'> {
  readonly judged: number;
  readonly right: number;
  readonly judgedMeasured: number;
  readonly rightMeasured: number;
}

function countHops({ hops, ...pair }: JudgedPair): CountedPair {
  const judged = judgedHops(hops);
  const measured = judged.filter(({ trust }) => trust === 'measured');
  return {
    ...pair,
    judged: judged.length,
    right: countRight(judged),
    judgedMeasured: measured.length,
    rightMeasured: countRight(measured),
  };
}

function figuresOf(pairs: readonly CountedPair[]): Record<Figure, number> {
  const reached = pairs.filter((pair) => pair.reached);
  const sure = reached.filter((pair) => !pair.usesInterdomainAssumption);
  const [options, all, latency] = [
    pairs.map((p) => p.optionProbes),
    pairs.map((p) => p.allProbes),
    pairs.map((p) => p.latencyMs),
  ];
  const ratio = (list: readonly CountedPair[], part: keyof CountedPair, whole: keyof CountedPair): number =>
    share(sum(list, part), sum(list, whole));
  const [optionsAt, allAt, latencyAt] = [quantiles(options), quantiles(all), quantiles(latency)];
  return {
    reached: share(reached.length, pairs.length),
    reachedWithoutInterdomain: share(sure.length, pairs.length),
    hopsRight: ratio(pairs, 'right', 'judged'),
    measuredHopsRight: ratio(pairs, 'rightMeasured', 'judgedMeasured'),
    routersFound: ratio(reached, 'foundRouters', 'trueRouters'),
    asPathsExact: ratio(reached, 'asPathExact', 'reached'),
    asPathsExactWithoutInterdomain: ratio(sure, 'asPathExact', 'reached'),
    optionProbesMedian: optionsAt(0.5),
    optionProbesMean: mean(options),
    optionProbesP95: optionsAt(0.95),
    allProbesMedian: allAt(0.5),
    allProbesMean: mean(all),
    allProbesP95: allAt(0.95),
    spoofedRounds: mean(pairs.map((pair) => pair.spoofedRounds)),
    latencyMedian: latencyAt(0.5),
    latencyP95: latencyAt(0.95),
    latencyP99: latencyAt(0.99),
  };
}

/** Sum of a number, or count of a flag, over pairs. */
const sum = (pairs: readonly CountedPair[], of: keyof CountedPair): number =>
  pairs.reduce((total, pair) => total + Number(pair[of]), 0);

function byTechnique(hops: readonly JudgedHop[]): Summary['hopsByTechnique'] {
  const groups = Map.groupBy(hops, ({ technique }) => technique);
  return Object.fromEntries(
    [...groups].map(([name, list]) => [name, { share: share(list.length, hops.length), right: shareRight(list) }]),
  );
}

/** Counts by name, most frequent first. */
function countOf(names: readonly string[]): Record<string, number> {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, list]): [string, number] => [name, list.length]);
  return Object.fromEntries(counts.sort(([, a], [, b]) => b - a));
}

interface KindFigures {
  readonly hops: number;
  /** Share of right hops after a right hop, and after a wrong hop. */
  readonly rightBehindRight: number;
  readonly rightBehindWrong: number;
}

function kindFigures(pairs: readonly JudgedPair[]): Record<string, KindFigures> {
  const behind = { right: new Map<string, JudgedHop[]>(), wrong: new Map<string, JudgedHop[]>() };
  for (const { hops } of pairs) {
    let before: 'right' | 'wrong' = 'right';
    for (const hop of judgedHops(hops)) {
      const list = behind[before].get(hop.kind);
      if (list === undefined) behind[before].set(hop.kind, [hop]);
      else list.push(hop);
      before = hop.verdict === 'right' ? 'right' : 'wrong';
    }
  }
  const names = [...new Set([...behind.right.keys(), ...behind.wrong.keys()])].sort();
  return Object.fromEntries(
    names.map((name) => {
      const [right, wrong] = [behind.right.get(name) ?? [], behind.wrong.get(name) ?? []];
      const figures = {
        hops: right.length + wrong.length,
        rightBehindRight: shareRight(right),
        rightBehindWrong: shareRight(wrong),
      };
      return [name, figures];
    }),
  );
}
