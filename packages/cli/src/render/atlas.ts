import type { Atlas, AtlasEstimate, AtlasRun } from '@revtr/client';
import { renderAge } from './age.ts';

const RUNS_SHOWN = 5;

/** An atlas: coverage, age and its last runs. */
export function renderAtlas(atlas: Atlas): string {
  const { paths, agesMs, contradictions } = atlas;
  const lines = [
    `${atlas.source}`,
    `paths: ${paths.ripeAtlas} of RIPE Atlas, ${paths.vantagePoint} of vantage points, ${paths.reverseTraceroute} learned from measurements${paths.publicTraceroute > 0 ? `, ${paths.publicTraceroute} published` : ''}`,
    `covers: ${atlas.hops} addresses, ${atlas.routers} routers, ${atlas.networks} networks; ${atlas.used} intersections used within a day`,
    `Record Route: ${atlas.placedExactly} addresses belong to a hop, ${atlas.placedBetween} lie between hops; contradictions: ${contradictions.order} by order, ${contradictions.bounds} by bounds, ${contradictions.branch} by branch, ${contradictions.asLoop} by AS loop`,
  ];
  if (agesMs !== undefined)
    lines.push(
      `age: ${renderAge(agesMs.newest)} newest, ${renderAge(agesMs.median)} median, ${renderAge(agesMs.oldest)} oldest`,
    );
  const { traceroutes, credits } = atlas.onDemand;
  if (traceroutes > 0)
    lines.push(`on demand: ${traceroutes} traceroutes within a day, ${credits} credits of the system`);
  for (const run of atlas.runs.slice(0, RUNS_SHOWN)) {
    lines.push(`run ${run.id}, ${run.startedAt}, ${run.cause}: ${describeRun(run)}`);
    for (const note of run.notes) lines.push(`  ${note}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What an atlas run would measure and cost. */
export function renderEstimate({ payer, probes, credits, note }: AtlasEstimate): string {
  const account = { user: 'your credits', system: 'credits of the system', nobody: 'no credits' }[payer];
  return `${probes} RIPE Atlas probes, ${credits} credits: ${account}\n${note === undefined ? '' : `${note}\n`}`;
}

/** The progress or the outcome of a run. */
export function describeRun(run: AtlasRun): string {
  const { state, phase, done, total, report, payer, estimatedCredits, spentCredits, reason } = run;
  if (state === 'running') return `${PHASES[phase]}${total > 0 ? `, ${done} of ${total}` : ''}`;
  const cost = payer === 'nobody' ? '' : `; ${spentCredits} credits of the ${payer}, ${estimatedCredits} estimated`;
  const found = `${report.arrived} of ${report.traceroutes} traceroutes arrived, ${report.answered} hops answered Record Route`;
  return `${state}${reason === undefined ? '' : ` (${reason})`}: ${found}${cost}`;
}

const PHASES = {
  choosing: 'choosing probes',
  creating: 'creating measurements',
  traceroutes: 'running traceroutes',
  recordRoute: 'sending Record Route pings',
  done: 'done',
} as const;
