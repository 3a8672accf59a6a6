import { basename, dirname, join, resolve } from 'node:path';

/** The formats of files, and the ends of their names. */
const ARCHIVE_FORMATS = { archive: '.jsonl.gz', paths: '.parquet' } as const;
type ArchiveFormat = keyof typeof ARCHIVE_FORMATS;

/** Files are written here. Those with results get their final names when the database knows them. */
const UNPLACED = '.unplaced';
/** The same of the previous version, which removes from it what it does not know. */
const FORMER = '.writing';
export const CATALOGUE = 'catalogue.json';

/** Every path that the archive may show to others. */
const PUBLISHED =
  /^(?:README\.md|catalogue\.json|schemas\/(?:archive|paths)\.json|\d{4}\/\d{2}\/\d{2}\/(?:catalogue\.json|\d{8}T\d{6}Z-\d+\.(?:jsonl\.gz|parquet)))$/;

/** Whether a path in the archive is one that others may read. */
export const isPublished = (path: string): boolean => PUBLISHED.test(path);

/** Whether a file never changes: all but catalogues and descriptions. */
export const isImmutable = (path: string): boolean => path.endsWith('.gz') || path.endsWith('.parquet');

/** Directory of a day `YYYY-MM-DD`: `YYYY/MM/DD`. */
export const directoryOf = (day: string): string => day.replaceAll('-', '/');

/** Path of a file with measurements of a day. The id of the first one makes it unique: a measurement is written once. */
export function pathOf(
  { day, now, firstId }: { readonly day: string; readonly now: number; readonly firstId: number },
  format: ArchiveFormat,
): string {
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${directoryOf(day)}/${time}-${firstId}${ARCHIVE_FORMATS[format]}`;
}

/** A file has this name in a directory without days. */
const flat = (path: string): string => `${dirname(path).replaceAll('/', '-')}-${basename(path)}`;

/** The places of the archive on the disk. */
export class ArchiveLayout {
  readonly root: string;
  /** Directory of files without their final names. */
  readonly unplaced: string;
  /** Directory of such files of the previous version. */
  readonly former: string;

  constructor(root: string) {
    this.root = resolve(root);
    this.unplaced = join(this.root, UNPLACED);
    this.former = join(this.root, FORMER);
  }

  /** Where a file is. */
  final(path: string): string {
    return join(this.root, path);
  }

  /** Where a writer has a file that is not complete. */
  unfinished(path: string, writer: string): string {
    return join(this.unplaced, `${flat(path)}.${writer}`);
  }

  /** Where a writer has a complete file before it has its final name. The digest tells it from one that another writer calls the same. */
  complete(path: string, sha256: string, writer: string): string {
    return join(this.unplaced, `${flat(path)}.${writer}.${sha256}`);
  }

  /** Whether `name` is that of a complete file in {@link unplaced}, whoever wrote it. */
  isComplete(name: string, path: string, sha256: string): boolean {
    return name.startsWith(`${flat(path)}.`) && name.endsWith(`.${sha256}`);
  }

  /** Where the previous version has a file before it has its final name. */
  ofFormerVersion(path: string): string {
    return join(this.former, flat(path));
  }
}
