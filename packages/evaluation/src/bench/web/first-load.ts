import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { WEB_DIRECTORY } from '@revtr/web/build';

/** Bytes of some files. */
interface Size {
  readonly files: number;
  readonly bytes: number;
  readonly gzipBytes: number;
  readonly brotliBytes: number;
}

/** What a browser transfers for the first page: the document and everything that it loads before the page is drawn. */
export const firstLoadSize = (): Size => sizeOf(firstLoad());

function firstLoad(): ReadonlySet<string> {
  const found = new Set(['/index.html']);
  for (const path of found) {
    const text = readFileSync(join(WEB_DIRECTORY, path), 'utf8');
    for (const reference of path.endsWith('.html') ? linked(text) : path.endsWith('.js') ? imported(path, text) : [])
      found.add(reference);
  }
  return found;
}

const linked = (html: string): string[] => [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);

/** Static imports of a built module; those that are loaded later are calls. */
const imported = (path: string, code: string): string[] =>
  [...code.matchAll(/(?:from|import)\s*["'](\.\/[^"']+\.js)["']/g)].map(([, name]) =>
    posix.join(posix.dirname(path), name),
  );

function sizeOf(paths: ReadonlySet<string>): Size {
  const total = (suffix: string): number =>
    [...paths].reduce((sum, path) => sum + statSync(join(WEB_DIRECTORY, `${path}${suffix}`)).size, 0);
  return { files: paths.size, bytes: total(''), gzipBytes: total('.gz'), brotliBytes: total('.br') };
}
