import type { Dataset } from '@revtr/client';

/** Datasets as a table, with why those that failed did. */
export function renderDatasets(datasets: readonly Dataset[], now: number): string {
  const row = (cells: readonly string[]): string =>
    `${[cells[0].padEnd(19), cells[1].padStart(10), cells[2].padStart(10), `  ${cells[3]}`].join('')}\n`;
  const lines = [row(['KIND', 'ENTRIES', 'AGE', 'FROM'])];
  for (const { kind, title, current, failure } of datasets) {
    lines.push(
      current === undefined
        ? row([kind, '-', '-', `not there (${title})`])
        : row([kind, String(current.entries), age(now - Date.parse(current.importedAt)), current.from]),
    );
    if (failure !== undefined) lines.push(`  not replaced, ${failure.at}: ${failure.message}\n`);
  }
  return lines.join('');
}

function age(ms: number): string {
  const hours = Math.max(0, ms) / 3_600_000;
  if (hours < 1) return `${Math.round(hours * 60)} min`;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${Math.round(hours / 24)} days`;
}
