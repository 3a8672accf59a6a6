import { readFile } from 'node:fs/promises';
import { runCli } from '@revtr/cli';
import type { System } from '../src/world/system.ts';

/** Runs a command line with the address and the key of a system, and collects what it prints. */
export async function revtr(
  { url, key }: Pick<System, 'url' | 'key'>,
  args: readonly string[],
  {
    environment = {},
    files = {},
  }: {
    readonly environment?: Readonly<Record<string, string>>;
    /** Files by path. Other paths are read from disk. */
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const code = await runCli(args, {
    environment: { REVTR_SERVER: url, REVTR_KEY: key, HOME: '/nonexistent', ...environment },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readFile: (path) => (files[path] === undefined ? readFile(path, 'utf8') : Promise.resolve(files[path])),
    isInteractive: false,
    isWatched: false,
  });
  return { code, out, err };
}
