import { type HopTechnique, optionProbes, type ReverseTraceroute } from '@revtr/engine';
import type { JudgedHop, Judgement } from './judge.ts';
import { mean, quantile, share } from './quantiles.ts';

/** Figures of one plan over many pairs. Shares are from 0 to 1, times in milliseconds of virtual time. */
export interface PlanSummary {
  readonly plan: string;
  readonly pairs: number;
  readonly reached: number;
  readonly reachedWithoutInterdomainAssumption: number;
  /** Of all judged hops; of those called measured; of each technique. */
  readonly hopsRight: number;
  readonly measuredHopsRight: number;
  readonly hopsByTechnique: Partial<Record<HopTechnique, { readonly share: number; readonly right: number }>>;
  /** Routers of the true paths that completed results show. */
  readonly routersFound: number;
  /** Completed paths whose networks are exactly the true ones. */
  readonly asPathsExact: number;
  /** The same, of completed paths without an assumption across a border. */
  readonly asPathsExactWithoutInterdomainAssumption: number;
  readonly optionProbes: { readonly median: number; readonly mean: number; readonly p95: number };
  readonly allProbes: { readonly median: number; readonly mean: number; readonly p95: number };
  readonly spoofedRounds: number;
  readonly latencyMs: { readonly median: number; readonly p95: number };
  readonly failures: Readonly<Record<string, number>>;
}

export function summarise(
  plan: string,
  results: readonly ReverseTraceroute[],
  judgements: readonly Judgement[],
): PlanSummary {
  const reached = judgements.filter((judgement) => judgement.reached);
  const hops = judgements.flatMap((judgement) => judgement.hops);
  const options = results.map(({ stats }) => optionProbes(stats));
  const all = results.map(({ stats }) => optionProbes(stats) + stats.tracerouteProbes + stats.plainPings);
  const latency = results.map(({ startedAt, endedAt }) => endedAt - startedAt);
  const count = results.length;
  return {
    plan,
    pairs: count,
    reached: share(reached.length, count),
    reachedWithoutInterdomainAssumption: share(reached.filter((one) => !one.usesInterdomainAssumption).length, count),
    hopsRight: shareRight(hops),
    measuredHopsRight: shareRight(hops.filter(({ trust }) => trust === 'measured')),
    hopsByTechnique: byTechnique(hops),
    routersFound: share(
      sum(reached, ({ foundRouters }) => foundRouters),
      sum(reached, ({ trueRouters }) => trueRouters),
    ),
    asPathsExact: shareExact(reached),
    asPathsExactWithoutInterdomainAssumption: shareExact(reached.filter((one) => !one.usesInterdomainAssumption)),
    optionProbes: { median: quantile(options, 0.5), mean: mean(options), p95: quantile(options, 0.95) },
    allProbes: { median: quantile(all, 0.5), mean: mean(all), p95: quantile(all, 0.95) },
    spoofedRounds: mean(results.map(({ stats }) => stats.spoofedRecordRouteRounds)),
    latencyMs: { median: quantile(latency, 0.5), p95: quantile(latency, 0.95) },
    failures: failuresOf(results),
  };
}

const sum = <T>(list: readonly T[], of: (item: T) => number): number =>
  list.reduce((total, item) => total + of(item), 0);

const shareExact = (list: readonly Judgement[]): number =>
  share(list.filter(({ asPathExact }) => asPathExact).length, list.length);

function shareRight(hops: readonly JudgedHop[]): number {
  const judged = hops.filter(({ verdict }) => verdict !== 'unjudged');
  return share(judged.filter(({ verdict }) => verdict === 'right').length, judged.length);
}

function byTechnique(hops: readonly JudgedHop[]): PlanSummary['hopsByTechnique'] {
  const groups = Map.groupBy(hops, ({ technique }) => technique);
  return Object.fromEntries(
    [...groups].map(([technique, list]) => [
      technique,
      { share: share(list.length, hops.length), right: shareRight(list) },
    ]),
  );
}

function failuresOf(results: readonly ReverseTraceroute[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { failReason } of results) if (failReason) counts[failReason.code] = (counts[failReason.code] ?? 0) + 1;
  return counts;
}
