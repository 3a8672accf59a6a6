import type { Evaluation } from './evaluate.ts';
import type { PlanSummary } from './summary.ts';

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
const probes = ({ median, mean, p95 }: PlanSummary['optionProbes']): string =>
  `${median} / ${mean.toFixed(1)} / ${p95}`;

const ROWS: readonly (readonly [string, (plan: PlanSummary) => string])[] = [
  ['reach the source', (plan) => percent(plan.reached)],
  ['reach without interdomain assumption', (plan) => percent(plan.reachedWithoutInterdomainAssumption)],
  ['hops right', (plan) => percent(plan.hopsRight)],
  ['hops called measured right', (plan) => percent(plan.measuredHopsRight)],
  ['true routers found', (plan) => percent(plan.routersFound)],
  ['AS paths exact, of those that reach', (plan) => percent(plan.asPathsExact)],
  ['the same, without interdomain assumption', (plan) => percent(plan.asPathsExactWithoutInterdomainAssumption)],
  ['option probes, median / mean / p95', (plan) => probes(plan.optionProbes)],
  ['all probes, median / mean / p95', (plan) => probes(plan.allProbes)],
  ['spoofed rounds, mean', (plan) => plan.spoofedRounds.toFixed(2)],
  ['virtual latency, median', (plan) => seconds(plan.latencyMs.median)],
  ['virtual latency, p95', (plan) => seconds(plan.latencyMs.p95)],
];

/** Writes the figures of all plans side by side. */
export function renderEvaluation({ seed, size, plans }: Evaluation): string {
  const header = ['', ...plans.map(({ plan }) => plan)];
  const rows = ROWS.map(([name, value]) => [name, ...plans.map(value)]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return `seed ${seed}, size ${size}, ${plans[0]?.pairs ?? 0} pairs\n${[header, ...rows].map(line).join('\n')}\n`;
}
