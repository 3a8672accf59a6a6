import { asPathOf } from '../../archive/rows/path-row.ts';
import { type ExportFormat, linesFormat } from './export-format.ts';

type Cell = string | number | undefined;

/** Spreadsheets run a text that begins like this as a formula (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r]/;

/** Text that others chose, for example a label or a reverse name, gets an apostrophe where a spreadsheet would run it. */
function csvCell(cell: Cell): string {
  const text = typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of a CSV file (RFC 4180). */
const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvCell).join(',')}\r\n`;

const CSV = { contentType: 'text/csv; charset=utf-8; header=present', extension: 'csv' };
const PATH_COLUMNS = [
  ...[
    'measurement',
    'batch',
    'label',
    'source',
    'destination',
    'started_at',
    'duration_ms',
    'stop_reason',
    'fail_code',
  ],
  ...['hops', 'confidence', 'measured_hops', 'inferred_hops', 'assumed_hops', 'as_path', 'addresses'],
];
const HOP_COLUMNS = [
  ...['measurement', 'batch', 'source', 'destination', 'hop', 'address', 'name', 'asn', 'as_name'],
  ...['technique', 'archive_type', 'trust', 'confidence', 'rtt_ms', 'reused_age_ms', 'hidden_asn'],
];

/** One row for each path. */
export const csvPaths: ExportFormat = linesFormat(
  { ...CSV, title: 'CSV, one row for each path' },
  ({ id, batchId, label, source, destination, result }) => {
    const { hops, startedAt, endedAt, stopReason, failReason, confidence } = result;
    const count = (wanted: string): number => hops.filter(({ trust }) => trust === wanted).length;
    return csvLine([
      ...[id, batchId, label, source, destination, new Date(startedAt).toISOString(), Math.round(endedAt - startedAt)],
      ...[stopReason, failReason?.code, hops.length, confidence],
      ...[count('measured'), count('inferred'), count('assumed')],
      ...[asPathOf(hops).join(' '), hops.map(({ address }) => address).join(' ')],
    ]);
  },
  csvLine(PATH_COLUMNS),
);

/** One row for each hop, from the destination (hop 0) to the source. */
export const csvHops: ExportFormat = linesFormat(
  { ...CSV, title: 'CSV, one row for each hop' },
  ({ id, batchId, source, destination, result }) =>
    result.hops
      .map(({ address, name, asn, asName, technique, type, trust, confidence, rttMs, reusedAgeMs, hiddenNetwork }, i) =>
        csvLine([
          ...[id, batchId, source, destination, i, address, name, asn, asName],
          ...[technique, type, trust, confidence, rttMs, reusedAgeMs, hiddenNetwork?.asn],
        ]),
      )
      .join(''),
  csvLine(HOP_COLUMNS),
);
