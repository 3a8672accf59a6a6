import { ColdEncoder } from './cold-encoder.ts';
import { readFooter, sha256Of } from './cold-footer.ts';
import { newColdPath } from './cold-path.ts';
import type { ColdRow } from './cold-row.ts';
import type { ColdFile } from './cold-store.ts';
import type { ByteRange, ColdFiles, NewFile } from './files/cold-files.ts';
import { ROWS_PER_GROUP } from './groups.ts';
import { readGroup } from './read-group.ts';
import { RowDigest } from './row-digest.ts';

/** A file that was written. It does not exist for the database before it is recorded. */
export interface WrittenFile extends ColdFile {
  readonly rows: number;
  /** Ids of its first and last result. */
  readonly first_id: number;
  readonly last_id: number;
  /** Users who have results in it. */
  readonly users: ReadonlySet<number>;
}

export interface WriteOptions {
  /** Most rows of a file: its footer is read as a whole. */
  readonly rowsPerFile: number;
  /** A file ends with the group that makes it so long: an object store receives it as a whole. */
  readonly bytesPerFile: number;
  readonly signal: AbortSignal;
}

export interface WriteCollaborators {
  readonly files: ColdFiles;
  /** Called with the path of each file before the file is created. */
  readonly onBegin: (path: string) => Promise<void>;
}

/**
 * Writes rows, ascending by id, to files. Each file is complete, and has been read again and compared, before the next one begins. What was written
 * when this fails is left to the caller. Throws errors of the system and of {@link ColdFiles}, that of `rows`, and the reason of `signal`.
 */
export async function writeColdFiles(
  rows: AsyncIterable<readonly ColdRow[]>,
  { rowsPerFile, bytesPerFile, signal }: WriteOptions,
  collaborators: WriteCollaborators,
): Promise<WrittenFile[]> {
  const written: WrittenFile[] = [];
  let writer: FileWriter | undefined;
  try {
    for await (const group of groupsOf(rows)) {
      signal.throwIfAborted();
      writer ??= await FileWriter.create(group[0], collaborators, signal);
      await writer.add(group);
      if (writer.rows < rowsPerFile && writer.bytes < bytesPerFile) continue;
      written.push(await writer.end());
      writer = undefined;
    }
    if (writer !== undefined) written.push(await writer.end());
    return written;
  } catch (error) {
    await writer?.abandon();
    throw error;
  }
}

type Group = [ColdRow, ...ColdRow[]];

async function* groupsOf(pages: AsyncIterable<readonly ColdRow[]>): AsyncGenerator<Group> {
  let rest: readonly ColdRow[] = [];
  for await (const page of pages) {
    rest = [...rest, ...page];
    for (; rest.length >= ROWS_PER_GROUP; rest = rest.slice(ROWS_PER_GROUP)) {
      const [first, ...others] = rest.slice(0, ROWS_PER_GROUP);
      yield [first, ...others];
    }
  }
  const [first, ...others] = rest;
  if (first !== undefined) yield [first, ...others];
}

class FileWriter {
  readonly #files: ColdFiles;
  readonly #path: string;
  readonly #file: NewFile;
  readonly #signal: AbortSignal;
  readonly #encoder = new ColdEncoder();
  readonly #digest = new RowDigest();
  readonly #users = new Set<number>();
  readonly #first: number;
  #last: number;
  rows = 0;
  bytes = 0;

  private constructor(files: ColdFiles, path: string, file: NewFile, first: number, signal: AbortSignal) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
    this.#first = first;
    this.#last = first;
    this.#signal = signal;
  }

  static async create(
    { created_at, measurement }: ColdRow,
    { files, onBegin }: WriteCollaborators,
    signal: AbortSignal,
  ): Promise<FileWriter> {
    const path = newColdPath(created_at, measurement);
    await onBegin(path);
    return new FileWriter(files, path, await files.create(path, signal), measurement, signal);
  }

  async add(rows: Group): Promise<void> {
    this.#digest.add(rows);
    for (const { user_id } of rows) this.#users.add(user_id);
    this.#last = (rows.at(-1) ?? rows[0]).measurement;
    this.rows += rows.length;
    await this.#write(this.#encoder.group(rows));
  }

  async end(): Promise<WrittenFile> {
    const footerAt = this.bytes;
    const footer = this.#encoder.end();
    await this.#write(footer);
    await this.#file.end();
    const written = {
      ...{ path: this.#path, rows: this.rows, bytes: this.bytes, users: this.#users },
      ...{ first_id: this.#first, last_id: this.#last },
      ...{ footer_at: footerAt, footer_sha256: sha256Of(footer) },
    };
    await this.#verify(written);
    return written;
  }

  async abandon(): Promise<void> {
    await this.#file.abandon();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes);
    this.bytes += bytes.length;
  }

  /** Reads the file again, as everybody reads it, and compares its rows with those that were to be written. */
  async #verify({ path, bytes, footer_at, footer_sha256 }: WrittenFile): Promise<void> {
    const read = (range: ByteRange) => this.#files.read(path, range, this.#signal);
    const end = await read({ start: footer_at, end: bytes });
    if (sha256Of(end) !== footer_sha256) throw new Error(`the footer of ${path} is not what was written`);
    const footer = readFooter(end, footer_at);
    const digest = new RowDigest();
    for (const group of footer.groups) digest.add(await readGroup(footer, group, await read(group)));
    if (digest.end() !== this.#digest.end()) throw new Error(`the rows of ${path} are not those that were written`);
  }
}
