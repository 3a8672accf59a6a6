import { readFile } from 'node:fs/promises';
import { runCli } from '../src/index.ts';

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Files by path. Other paths are read from disk. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files that only their owner may read. What a command writes is added. Default: none, and nothing can be written. */
  readonly privateFiles?: Map<string, string>;
  /** What is typed when a secret is asked for. */
  readonly secret?: string;
  readonly isInteractive?: boolean;
  readonly columns?: number;
  readonly messageColumns?: number;
}

/** Runs a command line and collects what it prints. */
export async function run(
  args: readonly string[],
  {
    environment = {},
    files = {},
    privateFiles,
    secret = '',
    isInteractive = false,
    columns,
    messageColumns,
  }: RunOptions = {},
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
    columns,
    messageColumns,
    ...(privateFiles !== undefined && {
      privateFiles: {
        read: async (path) => privateFiles.get(path),
        write: async (path, text) => {
          privateFiles.set(path, text);
        },
      },
    }),
    readSecret: async () => secret,
  });
  return { code, out, err };
}
