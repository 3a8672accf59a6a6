import { Turns } from '../access/turns.ts';
import { type ColdFault, StorageError } from '../errors.ts';
import { type ColdFooter, mayHave, readFooter, type Sought, sha256Of } from './cold-footer.ts';
import { isColdPath } from './cold-path.ts';
import type { ColdRow } from './cold-row.ts';
import type { ColdFiles } from './files/cold-files.ts';
import { isMissing } from './files/s3/s3-client.ts';
import { readGroup } from './read-group.ts';
import { RecentlyUsed } from './recently-used.ts';

/** A file of cold results, as the database describes it. */
export interface ColdFile {
  /** Path in the place of cold results. */
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
  /** Footers that stay in memory. Default 32. */
  readonly mostFooters?: number;
  /** Groups of rows that stay in memory. Default 8. */
  readonly mostGroups?: number;
  /** How long a read may take, with the time that it waits for its turn, milliseconds. Default 30,000. */
  readonly readMs?: number;
}

export interface ColdStoreCollaborators {
  readonly files: ColdFiles;
  /** Called with what keeps a file from being read. */
  readonly onFault: (error: StorageError<'coldUnreadable'>, cause: unknown) => void;
}

const MOST_FOOTER_BYTES = 2 ** 27;
/** Groups that are read and decoded at the same time. */
const MOST_PARALLEL = 2;

/**
 * Reads the files of cold results. A group of rows is read at a time, and nothing of a file is believed before its checksum is compared: what is damaged
 * fails with an error and leaves the rest readable. Footers and groups that were used last stay in memory.
 */
export class ColdStore {
  readonly files: ColdFiles;
  readonly #onFault: ColdStoreCollaborators['onFault'];
  readonly #footers: RecentlyUsed<ColdFooter>;
  readonly #groups: RecentlyUsed<readonly ColdRow[]>;
  readonly #readMs: number;
  readonly #turns = new Turns(MOST_PARALLEL);

  constructor(
    { mostFooters = 32, mostGroups = 8, readMs = 30_000 }: ColdStoreOptions,
    { files, onFault }: ColdStoreCollaborators,
  ) {
    this.#readMs = readMs;
    this.files = files;
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
    const footer = await this.#inTurn(file, (signal) => this.#footerOf(file, signal));
    const within = footer.groups.filter((group) => group.first <= last && group.last >= first);
    for (const group of order === 'asc' ? within : within.reverse()) {
      const isRead = await this.#checked(file, async () => sought.every((value) => mayHave(footer, group, value)));
      if (!isRead) continue;
      const rows = await this.#inTurn(file, (signal) => this.#rowsOf(file, footer, group, signal));
      const found = rows.filter(({ measurement }) => measurement >= first && measurement <= last);
      yield { rows: order === 'asc' ? found : found.reverse(), first: group.first, last: group.last };
    }
  }

  async #footerOf(file: ColdFile, signal: AbortSignal): Promise<ColdFooter> {
    const known = this.#footers.get(file.path);
    if (known !== undefined) return known;
    const { path, bytes: size, footer_at: at, footer_sha256 } = file;
    if (!isColdPath(path) || at >= size || size - at > MOST_FOOTER_BYTES) throw new Error('its description is damaged');
    const bytes = await this.files.read(path, { start: at, end: size }, signal);
    if (sha256Of(bytes) !== footer_sha256) throw new Error('the checksum of its footer differs');
    const footer = readFooter(bytes, at);
    this.#footers.set(path, footer);
    return footer;
  }

  async #rowsOf(
    { path }: ColdFile,
    footer: ColdFooter,
    group: ColdFooter['groups'][number],
    signal: AbortSignal,
  ): Promise<readonly ColdRow[]> {
    const key = `${path} ${group.start}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const rows = await readGroup(footer, group, await this.files.read(path, group, signal));
    this.#groups.set(key, rows);
    return rows;
  }

  /** Works when it is the turn of the file. What has waited for too long by then is not read. */
  async #inTurn<T>(file: ColdFile, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(this.#readMs);
    return this.#checked(file, () => this.#turns.run(() => work(signal)));
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
  noPlace: 'this process does not know the place of cold results',
  missing: 'the file is missing',
  damaged: 'the file is damaged',
  failed: 'the place of cold results reports an error, or does not answer',
} as const satisfies Record<ColdFault, string>;

function faultOf(error: unknown): ColdFault {
  if (isMissing(error)) return 'missing';
  if (error instanceof StorageError || (error instanceof DOMException && error.name === 'TimeoutError'))
    return 'failed';
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return 'damaged';
  return error.code === 'ENOENT' ? 'missing' : 'failed';
}
