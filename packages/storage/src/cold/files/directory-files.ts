import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DurableFile, makeDirectory, placeFile, replaceFile } from '../../files/durable-file.ts';
import { hasCode } from '../../files/has-code.ts';
import { isColdPath } from '../cold-path.ts';
import { type ByteRange, type ColdFiles, IDENTITY_FILE, type NewFile } from './cold-files.ts';
import { readBytes } from './file-bytes.ts';

/** Files are written here, and get their final names when they are complete. */
const WRITING = '.writing';
/** A name in there: that of the path, with other separators. */
const UNFINISHED = /^\.writing\/(\d{4})-(\d{2})-(\d{2})-([^/]+)$/;
const PATHS_AT_ONCE = 1_000;

/** Files of cold results in a directory, on a local disk or on one that several processes share. */
export class DirectoryFiles implements ColdFiles {
  readonly place: string;

  constructor(directory: string) {
    this.place = resolve(directory);
  }

  async create(path: string): Promise<NewFile> {
    const [temporary, final] = [this.#temporary(path), this.#final(path)];
    await makeDirectory(this.place, WRITING, 'owner');
    const file = await DurableFile.create(temporary, 'owner');
    return {
      write: (bytes) => file.write(bytes),
      end: async () => {
        await file.close();
        await makeDirectory(this.place, dirname(path), 'owner');
        await placeFile(temporary, final);
      },
      abandon: () => file.abandon(),
    };
  }

  async read(path: string, range: ByteRange, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal.throwIfAborted();
    return readBytes(this.#final(path), range);
  }

  async sizeOf(path: string): Promise<number | undefined> {
    return (await unlessMissing(stat(this.#final(path))))?.size;
  }

  async remove(path: string): Promise<void> {
    await rm(this.#temporary(path), { force: true });
    await rm(this.#final(path), { force: true });
  }

  async *list(): AsyncGenerator<readonly string[]> {
    const names = await readdir(this.place, { recursive: true });
    const paths = names.map((name) => name.replace(UNFINISHED, '$1/$2/$3/$4')).filter(isColdPath);
    for (let first = 0; first < paths.length; first += PATHS_AT_ONCE) yield paths.slice(first, first + PATHS_AT_ONCE);
  }

  async identity(): Promise<string | undefined> {
    return (await unlessMissing(readFile(this.#final(IDENTITY_FILE), 'utf8')))?.trim();
  }

  async identify(id: string): Promise<void> {
    await makeDirectory(this.place, '', 'owner');
    await replaceFile(this.#final(IDENTITY_FILE), `${id}\n`, 'owner');
  }

  #final(path: string): string {
    return join(this.place, path);
  }

  #temporary(path: string): string {
    return join(this.place, WRITING, path.replaceAll('/', '-'));
  }
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
