/** The details of each error of this package, by error code. Codes are stable. */
export interface DatasetErrorDetails {
  /** A line of a text file does not follow the format; lines are counted from 1. */
  readonly badLine: { readonly line: number };
  /** An entry of a file without lines (JSON, MMDB) does not follow the format. */
  readonly badEntry: { readonly entry: string };
  /** The file has another format; `at` is the place where the format is violated. */
  readonly wrongFormat: { readonly at: string };
  /** The file contains no entry that can be used. */
  readonly empty: Record<never, never>;
  /** The file ends before it should; `line` is the last line that was read. */
  readonly truncated: { readonly line?: number };
  /** The file contradicts itself, for instance by a wrong checksum of its compression. */
  readonly damaged: { readonly reason: string };
  /** The file exceeds a limit of its reader. */
  readonly tooLarge: { readonly limit: number; readonly unit: LimitUnit };
  /** The file has far fewer entries than the one in use. */
  readonly tooSmall: { readonly entries: number; readonly before: number };
  /** The file does not have the expected SHA-256 (hexadecimal). */
  readonly checksumMismatch: { readonly expected: string; readonly actual: string };
  /** A download failed. `origin` is scheme, host and port of its URL; `status` is the HTTP status of the answer. */
  readonly downloadFailed: { readonly origin: string; readonly reason: string; readonly status?: number };
  /** No source URL is configured. */
  readonly notConfigured: { readonly kind: string };
  /** There is no dataset of this kind. */
  readonly unknownKind: { readonly kind: string };
  /** The directory of the store cannot be used. */
  readonly badDirectory: { readonly directory: string; readonly reason: string };
  /** The updater was stopped. */
  readonly cancelled: Record<never, never>;
}

/** What a limit counts: bytes after decompression, of the file, or of one value; characters of one line; entries; or steps in a tree. */
export type LimitUnit = 'bytes' | 'fileBytes' | 'valueBytes' | 'lineCharacters' | 'entries' | 'treeSteps';

/** A stable code that says what is wrong with a dataset, or with its download. */
export type DatasetErrorCode = keyof DatasetErrorDetails;

/** The error class of this package: a stable code, a message for people, and details whose type depends on the code. */
export class DatasetError<Code extends DatasetErrorCode = DatasetErrorCode> extends Error {
  readonly code: Code;
  readonly details: DatasetErrorDetails[Code];

  constructor(code: Code, message: string, details: DatasetErrorDetails[Code]) {
    super(message);
    this.name = 'DatasetError';
    this.code = code;
    this.details = details;
  }

  /** Whether the error has this code; narrows the type of `details`. */
  is<Other extends DatasetErrorCode>(code: Other): this is DatasetError<Other> {
    return (this.code as DatasetErrorCode) === code;
  }

  /** The line of a text file that is wrong, from 1; `undefined` when the error has no line. */
  get line(): number | undefined {
    return 'line' in this.details ? this.details.line : undefined;
  }
}

/** The error of a line that does not follow its format. */
export function badLine(line: number, message: string): DatasetError<'badLine'> {
  return new DatasetError('badLine', `line ${line}: ${message}`, { line });
}

/** The error of a file without a usable entry. */
export function emptyFile(message: string): DatasetError<'empty'> {
  return new DatasetError('empty', message, {});
}

/** The error of a file that exceeds a limit. */
export function tooLarge(limit: number, unit: LimitUnit): DatasetError<'tooLarge'> {
  const what = {
    bytes: 'bytes after decompression',
    fileBytes: 'bytes',
    valueBytes: 'bytes in one value',
    lineCharacters: 'characters in one line',
    entries: 'entries',
    treeSteps: 'steps in its search tree',
  }[unit];
  return new DatasetError('tooLarge', `the file has more than ${limit} ${what}`, { limit, unit });
}
