import { rm } from 'node:fs/promises';
import { DurableFile, makeDirectory } from '../files/durable-file.ts';
import { ColdEncoder } from './cold-encoder.ts';
import { readFooter, sha256Of } from './cold-footer.ts';
import type { ColdLayout } from './cold-layout.ts';
import type { ColdRow } from './cold-row.ts';
import type { ColdFile } from './cold-store.ts';
import { readBytes } from './file-bytes.ts';
import { ROWS_PER_GROUP } from './groups.ts';
import { readGroup } from './read-group.ts';
import { RowDigest } from './row-digest.ts';

/** A file that was written under its temporary name. */
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
  readonly signal: AbortSignal;
}

/**
 * Writes rows, ascending by id, to files under temporary names. Each file is on the disk, and has been read again and compared, before the next one
 * begins. Deletes what it has written when it fails. Throws errors of the system, that of `rows`, and the reason of `signal`.
 */
export async function writeColdFiles(
  rows: AsyncIterable<readonly ColdRow[]>,
  { rowsPerFile, signal }: WriteOptions,
  layout: ColdLayout,
): Promise<WrittenFile[]> {
  await makeDirectory(layout.root, layout.writing, 'owner');
  const written: WrittenFile[] = [];
  let writer: FileWriter | undefined;
  try {
    for await (const group of groupsOf(rows)) {
      signal.throwIfAborted();
      writer ??= await FileWriter.create(layout, group[0]);
      await writer.add(group);
      if (writer.rows < rowsPerFile) continue;
      written.push(await writer.end());
      writer = undefined;
    }
    if (writer !== undefined) written.push(await writer.end());
    return written;
  } catch (error) {
    await writer?.abandon();
    await removeTemporary(written, layout);
    throw error;
  }
}

/** Removes files that are under their temporary names. */
export async function removeTemporary(files: readonly WrittenFile[], layout: ColdLayout): Promise<void> {
  for (const { path } of files) await rm(layout.temporary(path), { force: true });
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
  readonly #layout: ColdLayout;
  readonly #path: string;
  readonly #file: DurableFile;
  readonly #encoder = new ColdEncoder();
  readonly #digest = new RowDigest();
  readonly #users = new Set<number>();
  readonly #first: number;
  #last: number;
  #bytes = 0;
  rows = 0;

  private constructor(layout: ColdLayout, path: string, file: DurableFile, first: number) {
    this.#layout = layout;
    this.#path = path;
    this.#file = file;
    this.#first = first;
    this.#last = first;
  }

  static async create(layout: ColdLayout, { created_at, measurement }: ColdRow): Promise<FileWriter> {
    const path = layout.newPath(created_at, measurement);
    return new FileWriter(layout, path, await DurableFile.create(layout.temporary(path), 'owner'), measurement);
  }

  async add(rows: Group): Promise<void> {
    this.#digest.add(rows);
    for (const { user_id } of rows) this.#users.add(user_id);
    this.#last = (rows.at(-1) ?? rows[0]).measurement;
    this.rows += rows.length;
    await this.#write(this.#encoder.group(rows));
  }

  async end(): Promise<WrittenFile> {
    const footerAt = this.#bytes;
    const footer = this.#encoder.end();
    await this.#write(footer);
    await this.#file.close();
    const written = {
      ...{ path: this.#path, rows: this.rows, bytes: this.#bytes, users: this.#users },
      ...{ first_id: this.#first, last_id: this.#last },
      ...{ footer_at: footerAt, footer_sha256: sha256Of(footer) },
    };
    await this.#verify(written);
    return written;
  }

  async abandon(): Promise<void> {
    await this.#file.abandon();
    await rm(this.#layout.temporary(this.#path), { force: true });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await this.#file.write(bytes);
    this.#bytes += bytes.length;
  }

  /** Reads the file again, as everybody reads it, and compares its rows with those that were to be written. */
  async #verify({ path, bytes, footer_at, footer_sha256 }: WrittenFile): Promise<void> {
    const temporary = this.#layout.temporary(path);
    const end = await readBytes(temporary, footer_at, bytes);
    if (sha256Of(end) !== footer_sha256) throw new Error(`the footer of ${path} is not what was written`);
    const footer = readFooter(end, footer_at);
    const digest = new RowDigest();
    for (const group of footer.groups)
      digest.add(await readGroup(footer, group, await readBytes(temporary, group.start, group.end)));
    if (digest.end() !== this.#digest.end()) throw new Error(`the rows of ${path} are not those that were written`);
  }
}
