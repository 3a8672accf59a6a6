import { joinedTexts } from '../http/joined-texts.ts';
import type { Measurement } from '../v2/schemas.ts';

/** A measurement that has ended. */
export interface EndedMeasurement extends Measurement {
  readonly result: NonNullable<Measurement['result']>;
}

/** A part of a file. */
export type FilePart = string | Uint8Array;

/** Writes measurements in one format, part by part. */
export interface ExportWriter {
  /** What comes before the first measurement; may be empty. */
  begin(): FilePart;
  /** What is known to follow once measurements are added. */
  add(measurements: readonly EndedMeasurement[]): Iterable<FilePart>;
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
  const add = (measurements: readonly EndedMeasurement[]) => joinedTexts(measurements.map(toLine));
  return { ...description, create: () => ({ begin: () => head, add, end: () => [] }) };
}
