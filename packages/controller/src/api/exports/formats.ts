import { csvHops, csvPaths } from './csv.ts';
import type { ExportFormat } from './export-format.ts';
import { graphOfNetworks, graphOfRouters } from './graphml.ts';
import { archiveLines, jsonLines, ripeAtlasLines, scamperLines } from './json-lines.ts';
import { parquetHops, parquetPaths } from './parquet.ts';

/** All formats by their names in the API. */
export const EXPORT_FORMATS = {
  jsonl: jsonLines,
  archive: archiveLines,
  csv: csvPaths,
  'csv-hops': csvHops,
  parquet: parquetPaths,
  'parquet-hops': parquetHops,
  'ripe-atlas': ripeAtlasLines,
  scamper: scamperLines,
  'graphml-routers': graphOfRouters,
  'graphml-networks': graphOfNetworks,
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type ExportFormatName = keyof typeof EXPORT_FORMATS;
