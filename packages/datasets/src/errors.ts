/** What can be wrong with a dataset, or with getting one. Codes are stable. */
export type DatasetErrorCode =
  /** A line, or an entry, is not what the format says. */
  | 'badLine'
  /** The file is not of this format at all. */
  | 'wrongFormat'
  | 'empty'
  /** The file ends before it should. */
  | 'truncated'
  /** Far fewer entries than the one in use has. */
  | 'tooSmall'
  | 'checksumMismatch'
  | 'downloadFailed'
  | 'unknownKind';

/** The one error class of datasets: a stable code, a sentence for a person, and where. */
export class DatasetError extends Error {
  readonly code: DatasetErrorCode;
  /** Line of a text file, from 1. */
  readonly line: number | undefined;

  constructor(code: DatasetErrorCode, message: string, line?: number) {
    super(line === undefined ? message : `line ${line}: ${message}`);
    this.name = 'DatasetError';
    this.code = code;
    this.line = line;
  }
}
