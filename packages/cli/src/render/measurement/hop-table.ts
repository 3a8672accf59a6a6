import type { Screen } from '../../terminal.ts';
import { type Column, leastTableWidth, table, tableWidth } from '../layout/table.ts';
import { columnOf, DEFAULT_FIELDS, type Field, type HopRow, REUSED_MARK } from './fields.ts';

/** What the table of hops shows. */
export interface HopTableOptions {
  /** Whether names of hosts and networks are shown. Default true. */
  readonly names?: boolean | undefined;
  /** Fields to show, in this order. Default: {@link DEFAULT_FIELDS}, and on narrow screens as many of them as fit. */
  readonly fields?: readonly Field[] | undefined;
}

/** The fields that give way on narrow screens, the first one first. */
const DISPENSABLE: readonly Field[] = ['name', 'rtt', 'technique', 'as'];

/**
 * The table of hops. Where the screen is too narrow for the full table, texts have their short forms, then names are shortened, then fields
 * are left out. Addresses are never shortened.
 */
export function hopTable(rows: readonly HopRow[], { names = true, fields }: HopTableOptions, screen: Screen): string {
  const wanted = fields ?? DEFAULT_FIELDS.filter((field) => names || field !== 'name');
  const columnsOf = (shown: readonly Field[], isCompact: boolean): Column<HopRow>[] =>
    shown.map((field) => columnOf(field, { screen, names: names && !shown.includes('asname'), isCompact }));
  const full = columnsOf(wanted, false);
  if (tableWidth(full, rows) <= screen.columns) return table(full, rows, screen);
  let left = wanted;
  for (const field of fields === undefined ? DISPENSABLE : []) {
    if (leastTableWidth(columnsOf(left, true), rows) <= screen.columns) break;
    left = left.filter((other) => other !== field);
  }
  const compact = table(columnsOf(left, true), rows, screen);
  const isMarked =
    left.includes('technique') && rows.some((row) => row.kind === 'hop' && row.hop.reusedAgeMs !== undefined);
  return isMarked ? `${compact}${REUSED_MARK} found by an earlier measurement\n` : compact;
}
