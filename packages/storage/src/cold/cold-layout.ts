import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';

/** Files are written here, and get their final names in the transaction that records them. */
const WRITING = '.writing';
/** A path in the directory of cold results: nothing outside of it. */
const PATH = /^\d{4}\/\d{2}\/\d{2}\/\d+-[0-9a-f]+\.parquet$/;

/** Whether a path is one that a file of cold results can have. */
export const isColdPath = (path: string): boolean => PATH.test(path);

/** The places of cold results on the disk. */
export class ColdLayout {
  readonly root: string;
  /** Directory of unfinished files, in the root. */
  readonly writing = WRITING;

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** A new path of a file, by the day on which its first measurement was submitted (UTC) and the id of that measurement. */
  newPath(firstAt: Date, firstId: number): string {
    const day = firstAt.toISOString().slice(0, 10).replaceAll('-', '/');
    return `${day}/${firstId}-${randomBytes(6).toString('hex')}.parquet`;
  }

  /** Where a file is. */
  final(path: string): string {
    return join(this.root, path);
  }

  /** Where a file is before it has its final name. */
  temporary(path: string): string {
    return join(this.root, WRITING, path.replaceAll('/', '-'));
  }
}
