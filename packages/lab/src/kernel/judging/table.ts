import type { ScenarioResult } from './scenario.ts';
import type { Tally } from './tally.ts';

const COLUMNS = ['hops', 'off', 'wrong', 'conf', 'right'].map((name) => name.padStart(6)).join('');
const WIDTH = 26;

/**
 * The results as a table, one row a scenario. `missing` counts routers of the traceroutes that complete paths lack, `off` counts hops that the traceroute from the destination does not pass, `wrong` those
 * that no flow passes, `conf` is the mean confidence and `right` the share of hops that some flow passes, both in percent.
 */
export function resultTable(results: readonly ScenarioResult[]): string {
  const head = [
    `${''.padEnd(WIDTH + 32)} | ${'measured hops'.padEnd(COLUMNS.length)} | inferred hops`,
    `${'scenario'.padEnd(WIDTH)}${'paths'.padStart(6)}${'complete'.padStart(9)}${'routers'.padStart(8)}${'missing'.padStart(9)} | ${COLUMNS} | ${COLUMNS}`,
  ];
  const rows = results.map(({ scenario, paths, complete, routers, missing, measured, inferred }) => {
    const counts = `${String(paths).padStart(6)}${String(complete).padStart(9)}${String(routers).padStart(8)}${String(missing).padStart(9)}`;
    return `${scenario.padEnd(WIDTH)}${counts} | ${cells(measured)} | ${cells(inferred)}`;
  });
  return `${[...head, ...rows].join('\n')}\n`;
}

function cells({ hops, offTraceroute, wrong, meanConfidence, shareRight }: Tally): string {
  const counts = [hops, offTraceroute, wrong].map(String);
  return [...counts, percent(meanConfidence), percent(shareRight)].map((text) => text.padStart(6)).join('');
}

const percent = (share: number | undefined): string => (share === undefined ? '–' : (share * 100).toFixed(1));
