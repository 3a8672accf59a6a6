import { ParquetEncoder } from '../../archive/parquet/parquet-encoder.ts';
import { toHopRows, toPathRow } from '../../archive/rows/path-row.ts';
import type { Field, RowOf } from '../../archive/schema/field.ts';
import { HOP_TABLE_FIELDS, PATH_FIELDS } from '../../archive/schema/path-fields.ts';
import type { EndedMeasurement, ExportFormat } from './export-format.ts';

const PARQUET = {
  contentType: 'application/vnd.apache.parquet',
  extension: 'parquet',
  isCompressed: true,
  isKeptInMemory: true,
};
/** A group of so many hops takes some 40 ms of processor time to encode, and a few megabytes of memory. */
const HOPS_PER_GROUP = 5_000;

function parquetFormat<const Fields extends readonly Field[]>(
  title: string,
  fields: Fields,
  toRows: (measurement: EndedMeasurement) => readonly RowOf<Fields>[],
): ExportFormat {
  return {
    ...PARQUET,
    title,
    create: () => {
      const encoder = new ParquetEncoder({ fields });
      let [rows, hops]: [RowOf<Fields>[], number] = [[], 0];
      return {
        begin: () => '',
        add: (measurements) => {
          rows.push(...measurements.flatMap(toRows));
          hops += measurements.reduce((sum, { result }) => sum + result.hops.length, 0);
          if (hops < HOPS_PER_GROUP) return [];
          const group = encoder.group(rows);
          [rows, hops] = [[], 0];
          return [group];
        },
        end: function* () {
          yield encoder.group(rows);
          yield encoder.end();
        },
      };
    },
  };
}

/** One row for each path, with its hops as a list. */
export const parquetPaths = parquetFormat(
  'Parquet, one row for each path with its hops as a list',
  PATH_FIELDS,
  (m) => [toPathRow(m)],
);

/** One row for each hop, from the destination (hop 0) to the source. */
export const parquetHops = parquetFormat('Parquet, one row for each hop', HOP_TABLE_FIELDS, toHopRows);
