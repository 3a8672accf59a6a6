import Table from 'cli-table3';
import type { Screen } from '../../terminal.ts';
import { cut, widthOf } from './text.ts';

/** A column of a table. */
export interface Column<Row> {
  readonly head: string;
  readonly align?: 'right';
  /** The text of a row. */
  cell(row: Row): string;
  /** The colour of the text. Default: none. */
  paint?(row: Row): (text: string) => string;
  /**
   * Fewest characters that the text may be shortened to where the screen is too narrow; `cells`: only the head may be shortened. Default:
   * nothing is.
   */
  readonly least?: number | 'cells';
}

/** Fewest characters of a shortened head. */
const LEAST_HEAD = 5;
/** Columns between two columns. */
const GAP = 2;

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((edge) => [edge, '']),
);

/** Width of a table whose texts are not shortened. */
export function tableWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  return total(columns.map((column) => naturalWidth(column, rows)));
}

/** Fewest columns of a screen in which a table fits. */
export function leastTableWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  return total(columns.map((column) => leastWidth(column, rows)));
}

/** A table with a header line, one row in a line; nothing if there is no row. Where the screen is too narrow, the longest texts that may be shortened are. */
export function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], screen: Screen): string {
  if (rows.length === 0) return '';
  const widths = fitted(columns, rows, screen.columns);
  const drawn = new Table({
    head: columns.map(({ head }, i) => screen.paint.dim(cut(head, widths[i]))),
    chars: { ...NO_BORDERS, middle: ' '.repeat(GAP) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map(({ align }) => align ?? 'left'),
  });
  for (const row of rows)
    drawn.push(columns.map(({ cell, paint }, i) => (paint?.(row) ?? unpainted)(cut(cell(row), widths[i]))));
  return drawn
    .toString()
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** The widths of columns: natural where they fit, else the widest that may be narrower is narrowed until they do. */
function fitted<Row>(columns: readonly Column<Row>[], rows: readonly Row[], available: number): number[] {
  const widths = columns.map((column) => naturalWidth(column, rows));
  const excess = total(widths) - available;
  if (excess <= 0) return widths;
  const least = columns.map((column) => leastWidth(column, rows));
  for (let left = excess; left > 0; left--) {
    const candidates = widths.map((width, i) => (width > least[i] ? width : 0));
    const widest = Math.max(...candidates);
    if (widest === 0) return widths;
    widths[candidates.indexOf(widest)]--;
  }
  return widths;
}

function leastWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  const { least } = column;
  const natural = naturalWidth(column, rows);
  if (least === undefined) return natural;
  return Math.min(
    natural,
    least === 'cells' ? Math.max(LEAST_HEAD, naturalWidth({ ...column, head: '' }, rows)) : least,
  );
}

const naturalWidth = <Row>({ head, cell }: Column<Row>, rows: readonly Row[]): number =>
  rows.reduce((most, row) => Math.max(most, widthOf(cell(row))), widthOf(head));

/** Width of a line with columns of these widths. */
const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
const unpainted = (text: string): string => text;
