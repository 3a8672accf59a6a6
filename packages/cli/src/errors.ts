/** The details that belong to each error code of the command line. Codes are stable. */
export interface CliErrorDetails {
  /** An argument or option has a value that cannot be used. */
  readonly badArgument: { readonly name: string; readonly value: string };
  /** A file cannot be read, or does not have the expected contents. */
  readonly unreadableFile: { readonly path: string; readonly reason: string };
  /** A file that holds keys can be read by other users. `mode` is its mode in octal digits. */
  readonly unsafeFile: { readonly path: string; readonly mode: string };
  /** A file cannot be written. */
  readonly unwritableFile: { readonly path: string; readonly reason: string };
  /** There is no API key for the server. */
  readonly noKey: { readonly server: string };
  /** The answer of the server cannot be displayed. */
  readonly unreadableAnswer: { readonly reason: string };
}

export type CliErrorCode = keyof CliErrorDetails;

type Arguments = {
  [Code in CliErrorCode]: [code: Code, message: string, details: CliErrorDetails[Code]];
}[CliErrorCode];

/** The only error class of this package. It ends a command with a message and the exit code of `exitCodeOf`. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly details: CliErrorDetails[CliErrorCode];

  constructor(...[code, message, details]: Arguments) {
    super(message);
    this.name = 'CliError';
    this.code = code;
    this.details = details;
  }
}

/** The error for a value that cannot be used. `problem` completes the sentence "'VALUE' …". */
export const badArgument = (name: string, value: string, problem: string): CliError =>
  new CliError('badArgument', `'${value}' ${problem}`, { name, value });

/** The error for a file whose contents cannot be used. */
export const unusableFile = (path: string, reason: string): CliError =>
  new CliError('unreadableFile', `${path}: ${reason}`, { path, reason });

/** The error for a file that cannot be read. */
export function unreadableFile(path: string, error: unknown): CliError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CliError('unreadableFile', `cannot read ${path}: ${reason}`, { path, reason });
}

/** The error for a file that cannot be written. */
export function unwritableFile(path: string, error: Error): CliError {
  return new CliError('unwritableFile', `cannot write ${path}: ${error.message}`, { path, reason: error.message });
}

/** What to throw when the contents of a file could not be read: `error` itself if it is neither of class `Unusable` nor an error of the system. */
export function fileError(path: string, error: unknown, Unusable: abstract new (...values: never) => Error): unknown {
  if (error instanceof Unusable) return unusableFile(path, error.message);
  return error instanceof Error && 'code' in error ? unreadableFile(path, error) : error;
}
