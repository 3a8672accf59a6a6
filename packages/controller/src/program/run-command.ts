import { StorageError } from '@revtr/storage';
import { explain } from './explain.ts';

/** What a command works with. */
export interface CommandContext {
  /** Writes a line to the standard output. */
  readonly write: (line: string) => void;
  /** Fires when the command is to end early. */
  readonly signal: AbortSignal;
}

/** A command of the program, beside the controller itself. */
export interface Command {
  /**
   * Reads the arguments and returns the work, or a sentence that says what is wrong with them.
   * @throws {StorageError}
   */
  readonly prepare: (args: readonly string[]) => ((context: CommandContext) => Promise<void>) | string;
  /** What to say when a signal has ended the work. */
  readonly whenStopped: string;
}

/** The work of a command, or what is wrong with its arguments. */
export function tryPrepare({ prepare }: Command, args: readonly string[]): ReturnType<Command['prepare']> {
  try {
    return prepare(args);
  } catch (error) {
    if (error instanceof StorageError) return error.message;
    throw error;
  }
}

/** Works until it is done or a signal arrives. The process exits with 130 if a signal has ended the work, and with 1 if it has failed. */
export async function runCommand(
  work: (context: CommandContext) => Promise<void>,
  { whenStopped }: Pick<Command, 'whenStopped'>,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  try {
    await work({ write: (line) => void process.stdout.write(`${line}\n`), signal: stop.signal });
  } catch (error) {
    const sentence = stop.signal.aborted ? whenStopped : explain(error);
    if (sentence === undefined) throw error;
    process.stderr.write(`revtr-controller: ${sentence}\n`);
    process.exit(stop.signal.aborted ? 130 : 1);
  }
}
