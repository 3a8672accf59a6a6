import type { CampaignRun } from './run.ts';

/** A table of what a campaign took and what its checks found, for people. */
export function summaryOf(run: CampaignRun): string {
  const rows: [string, string][] = [
    ['pairs, results', `${run.pairs}, ${run.results}`],
    ['missing, repeated, foreign, damaged, not ended', defects(run).join(', ')],
    ['killed', run.kills.map(({ program, atResults }) => `${program} at ${atResults}`).join(', ') || 'nothing'],
    ['duration', `${run.seconds} s, ${run.perSecond} pairs a second`],
    ['largest memory of the client', `${run.clientMib} MiB`],
    ['largest memory of the server, with the simulated Internet', `${run.serverMib} MiB`],
    ['growth of a new server while all results are read', `${run.serverGrowthMib} MiB in ${run.readSeconds} s`],
    ['rows that DuckDB finds in Parquet', String(run.duckDbParquet.rows)],
    ['rows that DuckDB finds in JSON Lines', String(run.duckDbJsonLines.rows)],
    ['rows that pandas finds in CSV', String(run.pandasCsv?.rows ?? 'pandas is not installed')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}

const defects = (run: CampaignRun): number[] => [run.missing, run.repeated, run.foreign, run.damaged, run.unended];
