import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { etagOf } from '../foundation/etag.ts';

/** A file of the web interface, in memory. */
export interface WebFile {
  /** Path in URLs, for example `/assets/index-Cl8C3a.css`. */
  readonly path: string;
  readonly type: string;
  /** Quoted, as in the header `ETag` (RFC 9110, section 8.8.3). */
  readonly etag: string;
  /** Whether another content would have another name, because the name holds a hash of the content. */
  readonly isImmutable: boolean;
  readonly content: Buffer;
  /** The content compressed, by content coding; absent where there is no such file. */
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

/** The built web interface. */
export interface WebFiles {
  /** All files except the document. */
  readonly files: readonly WebFile[];
  /** The document that every page begins with. */
  readonly document: WebFile;
  /** Patterns of the paths that are pages, for example `/measurements/:id`. */
  readonly pages: readonly string[];
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};
const DOCUMENT = '/index.html';
const PAGES = '/pages.json';
const HASHED_DIRECTORY = '/assets/';
const pagesSchema = z
  .array(
    z
      .string()
      .regex(/^\/[\w/:.-]*$/)
      .max(200),
  )
  .max(100);

/**
 * Reads the web interface that `npm run build:web` has built; `undefined` when `directory` holds none. Files of other types are not
 * served.
 */
export async function readWebFiles(directory: string): Promise<WebFiles | undefined> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const known = new Set(paths);
  const files = await Promise.all(
    paths.filter((path) => extname(path) in TYPES).map((path) => readWebFile(directory, path, known)),
  );
  const document = files.find(({ path }) => path === DOCUMENT);
  const pages = files.find(({ path }) => path === PAGES);
  if (document === undefined || pages === undefined) return undefined;
  return {
    files: files.filter((file) => file !== document && file !== pages),
    document,
    pages: pagesSchema.parse(JSON.parse(pages.content.toString())),
  };
}

async function readWebFile(directory: string, file: string, known: ReadonlySet<string>): Promise<WebFile> {
  const path = `/${relative(directory, file).split(sep).join('/')}`;
  const content = await readFile(file);
  const compressed = async (suffix: string) => (known.has(file + suffix) ? readFile(file + suffix) : undefined);
  return {
    path,
    type: TYPES[extname(file)],
    etag: etagOf(content),
    isImmutable: path.startsWith(HASHED_DIRECTORY),
    content,
    br: await compressed('.br'),
    gzip: await compressed('.gz'),
  };
}
