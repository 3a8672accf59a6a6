import { toArchiveRow } from '../../archive/rows/archive-row.ts';
import { linesFormat } from './export-format.ts';
import { toRipeAtlasResult } from './ripe-atlas-result.ts';
import { toScamperTrace } from './scamper-trace.ts';

const NDJSON = { contentType: 'application/x-ndjson', extension: 'jsonl' };
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Measurements as the API has them. */
export const jsonLines = linesFormat({ ...NDJSON, title: 'measurements as the API shows them, one a line' }, line);

/** Rows of the M-Lab archive of reverse traceroutes. */
export const archiveLines = linesFormat({ ...NDJSON, title: 'rows of the M-Lab archive, one a line' }, (measurement) =>
  line(toArchiveRow(measurement)),
);

/** Paths in the form of traceroute results of RIPE Atlas. */
export const ripeAtlasLines = linesFormat(
  { ...NDJSON, title: 'traceroute results as RIPE Atlas shows them, one a line' },
  (measurement) => line(toRipeAtlasResult(measurement)),
);

/** Paths in the form of traceroutes that `sc_warts2json` prints. */
export const scamperLines = linesFormat(
  { ...NDJSON, title: 'traceroutes as sc_warts2json prints them, one a line' },
  (measurement) => line(toScamperTrace(measurement)),
);
