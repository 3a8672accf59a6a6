import type { Measurement } from '../v2/schemas.ts';

/** A measurement that has ended. */
export interface EndedMeasurement extends Measurement {
  readonly result: NonNullable<Measurement['result']>;
}

/** Writes measurements in one format, piece by piece. */
export interface ExportWriter {
  /** What comes before the first measurement. */
  begin(): string;
  /** What is known to follow once a measurement is added; may be empty. */
  add(measurement: EndedMeasurement): string;
  /** What comes after the last measurement. */
  end(): string;
}

/** A format in which measurements are exported. */
export interface ExportFormat {
  readonly title: string;
  readonly contentType: string;
  /** Extension of files, without a dot. */
  readonly extension: string;
  /** Whether a writer keeps everything until the end. Default `false`. */
  readonly isKeptInMemory?: boolean;
  create(): ExportWriter;
}

/** A format with one line for each measurement. */
export function linesFormat(
  description: Pick<ExportFormat, 'title' | 'contentType' | 'extension'>,
  toLine: (measurement: EndedMeasurement) => string,
  head = '',
): ExportFormat {
  const writer = { begin: () => head, add: (measurement: EndedMeasurement) => toLine(measurement), end: () => '' };
  return { ...description, create: () => writer };
}
