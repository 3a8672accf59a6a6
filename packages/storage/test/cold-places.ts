import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ColdFiles, DirectoryFiles, S3Files, type S3Place } from '../src/index.ts';
import type { S3Server } from './s3-server.ts';

/** Where a place is, for another process. */
export type PlaceName = { readonly directory: string } | { readonly s3: S3Place };

/** A new place of cold results, and what tests do behind its back. */
export interface TestPlace {
  readonly name: PlaceName;
  /** Reads a file. */
  readonly content: (path: string) => Buffer;
  /** Changes a file; `undefined` deletes it. */
  readonly change: (path: string, content: Uint8Array | undefined) => void;
  readonly remove: () => void;
}

/** The files of a place. */
export const filesIn = (name: PlaceName): ColdFiles =>
  'directory' in name ? new DirectoryFiles(name.directory) : new S3Files(name.s3, { pauseMs: 1 });

/** The paths of all files in a place, finished or not. */
export async function pathsIn(files: ColdFiles): Promise<string[]> {
  const paths: string[] = [];
  for await (const some of files.list(new AbortController().signal)) paths.push(...some);
  return paths;
}

export function directoryPlace(): TestPlace {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-cold-'));
  return {
    name: { directory },
    content: (path) => readFileSync(join(directory, path)),
    change: (path, content) =>
      content === undefined ? rmSync(join(directory, path)) : writeFileSync(join(directory, path), content),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export function s3Place(server: S3Server): TestPlace {
  const prefix = `of-${randomBytes(6).toString('hex')}`;
  return {
    name: { s3: server.place(prefix) },
    content: (path) => server.content(prefix, path),
    change: (path, content) => server.change(prefix, path, content),
    remove: () => undefined,
  };
}
