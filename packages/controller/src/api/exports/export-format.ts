import type { Measurement } from '../v2/schemas.ts';

/** A measurement that has ended. */
export interface EndedMeasurement extends Measurement {
  readonly result: NonNullable<Measurement['result']>;
}

/** A part of a file; may be empty. */
export type FilePart = string | Uint8Array;

/** Writes measurements in one format, part by part. */
export interface ExportWriter {
  /** What comes before the first measurement. */
  begin(): FilePart;
  /** What is known to follow once measurements are added. */
  add(measurements: readonly EndedMeasurement[]): FilePart;
  /** What comes after the last measurement, in parts that each take a few milliseconds. */
  end(): Iterable<FilePart>;
}

/** A format in which measurements are exported. */
export interface ExportFormat {
  readonly title: string;
  readonly contentType: string;
  /** Extension of files, without a dot. */
  readonly extension: string;
  /** Whether files are compressed already. Default `false`. */
  readonly isCompressed?: boolean;
  /** Whether a writer keeps much in memory. Default `false`. */
  readonly isKeptInMemory?: boolean;
  create(): ExportWriter;
}

/** A format with one line for each measurement. */
export function linesFormat(
  description: Pick<ExportFormat, 'title' | 'contentType' | 'extension'>,
  toLine: (measurement: EndedMeasurement) => string,
  head = '',
): ExportFormat {
  const add = (measurements: readonly EndedMeasurement[]): string => measurements.map(toLine).join('');
  return { ...description, create: () => ({ begin: () => head, add, end: () => [] }) };
}
