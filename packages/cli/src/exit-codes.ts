import { ClientError, type ClientErrorCode, type Measurement } from '@revtr/client';
import { CommanderError } from 'commander';
import { CliError, type CliErrorCode } from './errors.ts';

/** Exit codes of every command. */
export const EXIT = {
  /** The command did what it was asked to do. */
  ok: 0,
  /** A measurement did not reach its source, is not finished, or does not exist. */
  incomplete: 1,
  /** The arguments are wrong, or the server refused the request. */
  usage: 2,
  /** The server cannot be reached, or it failed. */
  unavailable: 3,
  /** The API key is missing or unknown. */
  unauthorized: 4,
  /** Ctrl-C ended the command: 128 and the number of the signal, as shells count. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const OF_CLIENT: Readonly<Record<ClientErrorCode, ExitCode>> = {
  unreachable: EXIT.unavailable,
  failed: EXIT.unavailable,
  badAnswer: EXIT.unavailable,
  answerTooLarge: EXIT.unavailable,
  cancelled: EXIT.interrupted,
  unauthorized: EXIT.unauthorized,
  notFound: EXIT.usage,
  refused: EXIT.usage,
  quota: EXIT.usage,
};
const OF_CLI: Readonly<Record<CliErrorCode, ExitCode>> = {
  badArgument: EXIT.usage,
  unreadableFile: EXIT.usage,
  unsafeFile: EXIT.usage,
  unwritableFile: EXIT.usage,
  noKey: EXIT.unauthorized,
  unreadableAnswer: EXIT.unavailable,
};

/** The exit code for an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) return OF_CLI[error.code];
  if (error instanceof ClientError) return OF_CLIENT[error.code];
  return EXIT.unavailable;
}

/** Whether a path is complete: it reaches the source (`reaches`), or needs no hop (`trivial`: the destination is the source). */
export const isComplete = ({ result }: Measurement): boolean =>
  result?.stopReason === 'reaches' || result?.stopReason === 'trivial';

/** The exit code for measurements that a command printed: `ok` when there is at least one and each has a complete path. */
export function exitCodeOfMeasurements(measurements: readonly Measurement[]): ExitCode {
  return measurements.length > 0 && measurements.every(isComplete) ? EXIT.ok : EXIT.incomplete;
}
