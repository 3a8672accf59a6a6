import { readFile } from 'node:fs/promises';
import { runCli } from '../src/index.ts';

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Files by path. Other paths are read from disk. */
  readonly files?: Readonly<Record<string, string>>;
  readonly isInteractive?: boolean;
}

/** Runs a command line and collects what it prints. */
export async function run(
  args: readonly string[],
  { environment = {}, files = {}, isInteractive = false }: RunOptions = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const code = await runCli(args, {
    environment: { HOME: '/nonexistent', ...environment },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readFile: (path) => (files[path] === undefined ? readFile(path, 'utf8') : Promise.resolve(files[path])),
    isInteractive,
    isWatched: isInteractive,
  });
  return { code, out, err };
}
