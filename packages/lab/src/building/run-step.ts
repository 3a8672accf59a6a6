import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { BuildError } from './errors.ts';

const run = promisify(execFile);

/** Limit of the output of a build step, in bytes. */
const MOST_OUTPUT = 64 * 2 ** 20;

export interface StepOptions {
  /** Default: the current directory. */
  readonly directory?: string;
  /** Variables in addition to those of this process. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs a program to its end and returns its standard output. @throws {BuildError} `buildFailed` */
export async function runStep(
  program: string,
  args: readonly string[],
  { directory, environment = {} }: StepOptions = {},
): Promise<string> {
  try {
    const env = { ...process.env, ...environment };
    return (await run(program, args, { maxBuffer: MOST_OUTPUT, cwd: directory, env })).stdout;
  } catch (error) {
    const printed = error instanceof Error && 'stderr' in error && 'stdout' in error;
    const output = (printed ? `${error.stdout}${error.stderr}` : String(error)).slice(-4_000);
    const command = [program, ...args.slice(0, 3)].join(' ');
    throw new BuildError('buildFailed', `${command}:\n${output}`, { command, output });
  }
}
