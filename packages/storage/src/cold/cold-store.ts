import { Turns } from '../access/turns.ts';
import { type ColdFault, StorageError } from '../errors.ts';
import { type ColdFooter, mayHave, readFooter, type Sought, sha256Of } from './cold-footer.ts';
import { ColdLayout, isColdPath } from './cold-layout.ts';
import type { ColdRow } from './cold-row.ts';
import { readBytes } from './file-bytes.ts';
import { readGroup } from './read-group.ts';
import { RecentlyUsed } from './recently-used.ts';

/** A file of cold results, as the database describes it. */
export interface ColdFile {
  /** Path in the directory of cold results. */
  readonly path: string;
  readonly bytes: number;
  /** Position of the first byte after the groups of rows. */
  readonly footer_at: number;
  /** SHA-256 of the bytes from there to the end, 64 hexadecimal digits. */
  readonly footer_sha256: string;
}

/** Which rows of a file to read. */
export interface ColdQuery {
  /** Ids from `first` to `last`. */
  readonly first: number;
  readonly last: number;
  readonly order: 'asc' | 'desc';
  /** Values that the rows have: groups without one of them are not read. */
  readonly sought: readonly Sought[];
}

/** Rows of a group, in the order of the query. */
export interface ReadGroup {
  readonly rows: readonly ColdRow[];
  /** Ids of the first and the last row of the group. */
  readonly first: number;
  readonly last: number;
}

export interface ColdStoreOptions {
  readonly directory: string;
  /** Footers that stay in memory. Default 32. */
  readonly mostFooters?: number;
  /** Groups of rows that stay in memory. Default 8. */
  readonly mostGroups?: number;
}

const MOST_FOOTER_BYTES = 2 ** 27;
/** Groups that are read and decoded at the same time. */
const MOST_PARALLEL = 2;

/**
 * Reads the files of cold results. A group of rows is read at a time, and nothing of a file is believed before its checksum is compared: what is damaged
 * fails with an error and leaves the rest readable. Footers and groups that were used last stay in memory.
 */
export class ColdStore {
  readonly layout: ColdLayout;
  readonly #onFault: (error: StorageError<'coldUnreadable'>, cause: unknown) => void;
  readonly #footers: RecentlyUsed<ColdFooter>;
  readonly #groups: RecentlyUsed<readonly ColdRow[]>;
  readonly #turns = new Turns(MOST_PARALLEL);

  constructor(
    { directory, mostFooters = 32, mostGroups = 8 }: ColdStoreOptions,
    { onFault }: { readonly onFault: (error: StorageError<'coldUnreadable'>, cause: unknown) => void },
  ) {
    this.layout = new ColdLayout(directory);
    this.#onFault = onFault;
    this.#footers = new RecentlyUsed({ most: mostFooters });
    this.#groups = new RecentlyUsed({ most: mostGroups });
  }

  /**
   * Yields the rows of each group that may have rows of a query, those with other ids left out. The caller must leave out rows without the values that it
   * seeks. @throws {StorageError} `coldUnreadable`
   */
  async *read(file: ColdFile, query: ColdQuery): AsyncGenerator<ReadGroup> {
    const { first, last, order, sought } = query;
    const footer = await this.#checked(file, () => this.#turns.run(() => this.#footerOf(file)));
    const within = footer.groups.filter((group) => group.first <= last && group.last >= first);
    for (const group of order === 'asc' ? within : within.reverse()) {
      const isRead = await this.#checked(file, async () => sought.every((value) => mayHave(footer, group, value)));
      if (!isRead) continue;
      const rows = await this.#checked(file, () => this.#turns.run(() => this.#rowsOf(file, footer, group)));
      const found = rows.filter(({ measurement }) => measurement >= first && measurement <= last);
      yield { rows: order === 'asc' ? found : found.reverse(), first: group.first, last: group.last };
    }
  }

  async #footerOf(file: ColdFile): Promise<ColdFooter> {
    const known = this.#footers.get(file.path);
    if (known !== undefined) return known;
    const { path, bytes: size, footer_at: at, footer_sha256 } = file;
    if (!isColdPath(path) || at >= size || size - at > MOST_FOOTER_BYTES) throw new Error('its description is damaged');
    const bytes = await readBytes(this.layout.final(path), at, size);
    if (sha256Of(bytes) !== footer_sha256) throw new Error('the checksum of its footer differs');
    const footer = readFooter(bytes, at);
    this.#footers.set(path, footer);
    return footer;
  }

  async #rowsOf(
    { path }: ColdFile,
    footer: ColdFooter,
    group: ColdFooter['groups'][number],
  ): Promise<readonly ColdRow[]> {
    const key = `${path} ${group.start}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const rows = await readGroup(footer, group, await readBytes(this.layout.final(path), group.start, group.end));
    this.#groups.set(key, rows);
    return rows;
  }

  async #checked<T>(file: ColdFile, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const known = unreadable(file, faultOf(error));
      this.#onFault(known, error);
      throw known;
    }
  }
}

/** The error of a file that cannot be read. */
export const unreadable = ({ path }: Pick<ColdFile, 'path'>, reason: ColdFault): StorageError<'coldUnreadable'> =>
  new StorageError('coldUnreadable', `the results in ${path} cannot be read: ${WORDS[reason]}`, { path, reason });

const WORDS = {
  noDirectory: 'this process has no directory of cold results',
  missing: 'the file is missing',
  damaged: 'the file is damaged',
  failed: 'the system reports an error',
} as const satisfies Record<ColdFault, string>;

function faultOf(error: unknown): ColdFault {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return 'damaged';
  return error.code === 'ENOENT' ? 'missing' : 'failed';
}
