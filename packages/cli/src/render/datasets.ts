import type { Dataset } from '@revtr/client';
import { renderAge } from './age.ts';

/** Datasets as a table; below a dataset, why its last replacement failed. `now` is in milliseconds since the Unix epoch. */
export function renderDatasets(datasets: readonly Dataset[], now: number): string {
  const row = (cells: readonly string[]): string =>
    `${[cells[0].padEnd(19), cells[1].padStart(10), cells[2].padStart(10), `  ${cells[3]}`].join('')}\n`;
  const lines = [row(['KIND', 'ENTRIES', 'AGE', 'FROM'])];
  for (const { kind, title, current, failure } of datasets) {
    lines.push(
      current === undefined
        ? row([kind, '-', '-', `not available (${title})`])
        : row([kind, String(current.entries), renderAge(now - Date.parse(current.importedAt)), current.from]),
    );
    if (failure !== undefined) lines.push(`  not replaced, ${failure.at}: ${failure.message}\n`);
  }
  return lines.join('');
}

/** A dataset that has just been replaced. */
export function renderImported({ kind, current }: Dataset): string {
  return `${kind}: ${current?.entries ?? 0} entries in use\n`;
}
