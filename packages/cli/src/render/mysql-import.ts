import type { ImportedEntry, MysqlImport } from '../migration/import-dumps.ts';
import type { Screen } from '../terminal.ts';
import { table } from './layout/table.ts';
import { wrap } from './layout/text.ts';

interface Row {
  readonly what: string;
  readonly added: number;
  readonly known: number;
  readonly skipped: number;
}

const OUTCOME_OF_ROW = { added: 'added', known: 'known', refused: 'skipped' } as const;

/** What an import has done: a table, and a line for everything that is not imported. */
export function renderMysqlImport(done: MysqlImport, screen: Screen): string {
  const { users, sources, vantagePoints, traceroutes, skipped, notRead, incomplete, isDryRun } = done;
  const { added, known, ...left } = traceroutes;
  const rows = [
    rowOf('users', users),
    { what: 'keys', added: users.reduce((sum, { keys = 0 }) => sum + keys, 0), known: 0, skipped: 0 },
    rowOf('sources', sources),
    rowOf('vantage points', vantagePoints),
    { what: 'atlas traceroutes', added, known, skipped: Object.values(left).reduce((sum, count) => sum + count, 0) },
  ];
  const shown = table<Row>(
    [
      { head: isDryRun ? 'would be imported' : 'imported', cell: ({ what }) => what },
      { head: 'new', align: 'right', cell: ({ added: count }) => String(count) },
      { head: 'known', align: 'right', cell: ({ known: count }) => String(count) },
      { head: 'skipped', align: 'right', cell: ({ skipped: count }) => String(count) },
    ],
    rows,
    screen,
  );
  const refused = [...users, ...sources, ...vantagePoints].filter(({ outcome }) => outcome === 'refused');
  const counts = Object.entries(left).filter(([, count]) => count > 0);
  const lines = [
    ...refused.map(({ name, reason }) => `skipped ${name}: ${reason}`),
    ...skipped.map(({ what, reason }) => `skipped ${what}: ${reason}`),
    ...counts.map(([reason, count]) => `skipped ${count} traceroutes: ${WHY[reason] ?? reason}`),
    ...notRead.map(({ table: name, rows: count }) => `not read: table ${name}, ${count} rows`),
    ...incomplete.map((file) => `${file} does not end with "Dump completed": check that it is complete`),
  ];
  return `${shown}${lines.map((line) => `${wrap(line, screen.columns)}\n`).join('')}`;
}

const WHY: Readonly<Record<string, string>> = {
  untimely: 'older than seven days, or of the future',
  unusable: 'they loop, do not reach their source, or their source is not registered',
  stale: 'marked as stale',
  otherPlatform: 'measured for an evaluation',
  superseded: 'a newer one from the same place is imported',
  old: 'more than a week older than the newest',
  noSource: 'they lead to no host of the dumps',
};

function rowOf(what: string, entries: readonly ImportedEntry[]): Row {
  const row = { what, added: 0, known: 0, skipped: 0 };
  for (const { outcome } of entries) row[OUTCOME_OF_ROW[outcome]]++;
  return row;
}
