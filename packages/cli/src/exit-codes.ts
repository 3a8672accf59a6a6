/** Exit codes of the command line. */
export const EXIT = {
  ok: 0,
  /** The measurement ended without reaching the source. */
  incomplete: 1,
  /** Wrong arguments, or refused by the server. */
  usage: 2,
  /** No server, or it failed. */
  unavailable: 3,
  /** The key is missing or unknown. */
  unauthorized: 4,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message and an exit code. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
