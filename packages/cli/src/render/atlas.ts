import type { Atlas, AtlasRun } from '@revtr/client';

/** An atlas: what it covers, how old it is, and its last runs. */
export function renderAtlas(atlas: Atlas): string {
  const { paths, agesMs, contradictions } = atlas;
  const lines = [
    `${atlas.source}`,
    `paths: ${paths.ripeAtlas} of RIPE Atlas, ${paths.vantagePoint} of vantage points, ${paths.reverseTraceroute} grown by use`,
    `covers: ${atlas.hops} addresses, ${atlas.routers} routers, ${atlas.networks} networks; ${atlas.used} places used within a day`,
    `Record Route: ${atlas.placedExactly} addresses are a hop, ${atlas.placedBetween} lie between hops; contradictions: ${contradictions.order} by order, ${contradictions.bounds} by bounds, ${contradictions.asLoop} by AS loop`,
  ];
  if (agesMs !== undefined)
    lines.push(`age: ${age(agesMs.newest)} newest, ${age(agesMs.median)} median, ${age(agesMs.oldest)} oldest`);
  for (const run of atlas.runs.slice(0, RUNS_SHOWN)) {
    lines.push(`run ${run.id}, ${run.startedAt}, ${run.cause}: ${describeRun(run)}`);
    for (const note of run.notes) lines.push(`  ${note}`);
  }
  return `${lines.join('\n')}\n`;
}

const RUNS_SHOWN = 5;

/** Where a run is, or what came of it. */
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
  traceroutes: 'traceroutes under way',
  recordRoute: 'Record Route pings under way',
  done: 'done',
} as const;

function age(ms: number): string {
  const hours = ms / 3_600_000;
  return hours < 1 ? `${Math.round(ms / 60_000)} min` : `${hours.toFixed(1)} h`;
}
