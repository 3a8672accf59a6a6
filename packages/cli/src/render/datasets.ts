import type { Dataset } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { renderAge } from './age.ts';
import { table } from './layout/table.ts';

const NOTHING = '-';

/** Datasets as a table; below it, why last replacements failed. `now` is in milliseconds since the Unix epoch. */
export function renderDatasets(datasets: readonly Dataset[], now: number, screen: Screen): string {
  const shown = table<Dataset>(
    [
      { head: 'KIND', cell: ({ kind }) => kind },
      { head: 'ENTRIES', align: 'right', cell: ({ current }) => String(current?.entries ?? NOTHING) },
      {
        head: 'AGE',
        align: 'right',
        cell: ({ current }) => (current === undefined ? NOTHING : renderAge(now - Date.parse(current.importedAt))),
      },
      { head: 'FROM', cell: ({ current, title }) => current?.from ?? `not available (${title})` },
    ],
    datasets,
    screen,
  );
  const failures = datasets.flatMap(({ kind, failure }) =>
    failure === undefined ? [] : [`${kind} was not replaced, ${failure.at}: ${failure.message}\n`],
  );
  return `${shown}${failures.join('')}`;
}

/** A dataset that has just been replaced. */
export function renderImported({ kind, current }: Dataset): string {
  return `${kind}: ${current?.entries ?? 0} entries in use\n`;
}
