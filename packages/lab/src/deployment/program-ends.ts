import { KernelLabError } from '../namespaces/errors.ts';
import type { ProgramEnd } from './managed-process.ts';

/** Number of lines at the end of its log that are shown when a program ends. */
const LINES_SHOWN = 10;
const MOST_SHOWN = 3_000;

/** Watches the programs of a deployment for ends that nobody asked for. */
export class ProgramEnds {
  readonly #first = new AbortController();

  /** Fires at the first end, with a {@link KernelLabError} `programEnded` as its reason. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Records the end of a program. @param log contents of its log */
  add(program: string, { exitCode, signal }: ProgramEnd, log: string): void {
    const how = describeEnd({ exitCode, signal });
    const message = `${program} ended with ${how}. The last lines of its log:\n${lastLines(log)}`;
    this.#first.abort(new KernelLabError('programEnded', message, { program, exitCode, signal }));
  }
}

/** For example `exit code 1` or `SIGKILL`. */
export function describeEnd({ exitCode, signal }: ProgramEnd): string {
  if (signal !== null) return signal;
  return exitCode === null ? 'an error of its start' : `exit code ${exitCode}`;
}

const lastLines = (log: string): string => log.trimEnd().split('\n').slice(-LINES_SHOWN).join('\n').slice(-MOST_SHOWN);
