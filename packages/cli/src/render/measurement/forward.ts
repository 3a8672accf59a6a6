import type { Measurement, MeasurementResult } from '@revtr/client';
import { type AlignedRow, align, type ComparedHop, compareInWords, forwardHops } from '@revtr/client/wording';
import type { Screen } from '../../terminal.ts';
import { type Column, table, tableWidth } from '../layout/table.ts';
import { asPathLine } from './as-path.ts';
import { LEAST_NAME } from './fields.ts';
import { networkOf } from './network.ts';

type Forward = NonNullable<MeasurementResult['forward']>;
type ForwardHop = Forward['hops'][number];

const SILENT = '*';
const NOTHING = '-';

/** The forward path with its networks, and both paths side by side. Empty when the forward path was not measured. */
export function renderForward(
  { result, source, destination }: Measurement,
  { names }: { readonly names: boolean },
  screen: Screen,
): string {
  if (result?.forward === undefined) return '';
  const { stop, hops } = result.forward;
  const there = forwardHops(result.forward, source, result);
  return [
    `\n${screen.paint.bold(`Forward path to ${destination} (${stop})`)}\n`,
    forwardTable(hops, names, screen),
    asPathLine(hops, { names }),
    `\n${screen.paint.bold('Both paths, from the destination to the source')}\n`,
    sideBySide(align(there, result.hops), screen),
    `${compareInWords(destination, there, result.hops)}\n`,
  ].join('');
}

function forwardTable(hops: readonly ForwardHop[], names: boolean, screen: Screen): string {
  const columnsOf = (isCompact: boolean): Column<ForwardHop>[] => [
    { head: '#', align: 'right', cell: ({ ttl }) => String(ttl) },
    { head: 'ADDRESS', cell: ({ address = SILENT }) => address },
    ...(names
      ? [
          {
            head: 'NAME',
            least: LEAST_NAME,
            cell: ({ name = NOTHING }: ForwardHop) => name,
            paint: () => screen.paint.cyan,
          },
        ]
      : []),
    {
      head: 'AS',
      cell: (hop) => networkOf(hop, names && !isCompact),
    },
    { head: 'RTT', align: 'right', cell: ({ rttMs }) => (rttMs === undefined ? NOTHING : `${rttMs.toFixed(1)} ms`) },
  ];
  const full = columnsOf(false);
  return table(tableWidth(full, hops) <= screen.columns ? full : columnsOf(true), hops, screen);
}

/** Hops of both paths, those of one router or network in one line. The mark between them says which of the two it is. */
function sideBySide(rows: readonly AlignedRow[], screen: Screen): string {
  const { paint } = screen;
  const addressOf = (hop: ComparedHop | undefined): string => (hop === undefined ? '' : (hop.address ?? SILENT));
  const markOf = ({ forward, reverse, isShared }: AlignedRow): string => {
    if (forward !== undefined && reverse !== undefined) return isShared ? '=' : '~';
    return forward === undefined ? '>' : '<';
  };
  const columns: Column<AlignedRow>[] = [
    { head: 'FORWARD', cell: ({ forward }) => addressOf(forward) },
    {
      head: '',
      cell: markOf,
      paint: (row) =>
        ({ '=': paint.green, '~': paint.green, '<': paint.yellow, '>': paint.yellow })[markOf(row)] ?? paint.dim,
    },
    { head: 'REVERSE', cell: ({ reverse }) => addressOf(reverse) },
    { head: 'AS', least: LEAST_NAME, cell: ({ forward, reverse }) => networkOf(reverse ?? forward ?? {}, true) },
  ];
  return `${table(columns, rows, screen)}= same router, ~ same network, < forward only, > reverse only\n`;
}
