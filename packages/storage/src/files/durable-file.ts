import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Who may read new files and directories: everybody, or only the user that this process runs as. */
export type Readers = 'everybody' | 'owner';

const FILE_MODES = { everybody: 0o644, owner: 0o600 } as const satisfies Record<Readers, number>;
const DIRECTORY_MODES = { everybody: 0o755, owner: 0o700 } as const satisfies Record<Readers, number>;
const PART = '.part';

/** Size and SHA-256 (hexadecimal digits) of a file. */
export interface FileDigest {
  readonly bytes: number;
  readonly sha256: string;
}

/** A new file that is on the disk once it is closed. */
export class DurableFile {
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  #bytes = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Creates a file. Rejects when there is one already. */
  static async create(path: string, readers: Readers): Promise<DurableFile> {
    return new DurableFile(await open(path, 'wx', FILE_MODES[readers]));
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    await this.#handle.writeFile(bytes);
  }

  /** Waits until the content is on the disk. */
  async close(): Promise<FileDigest> {
    await this.#handle.sync().finally(() => this.#handle.close());
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Gives the file up; it may be closed already. */
  async abandon(): Promise<void> {
    await this.#handle.close();
  }
}

/** Makes a directory below `root` with its parents, all of them on the disk. */
export async function makeDirectory(root: string, path: string, readers: Readers): Promise<void> {
  const directory = join(root, path);
  const first = await mkdir(directory, { recursive: true, mode: DIRECTORY_MODES[readers] });
  if (first === undefined) return;
  for (let at = directory; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}

/** Gives a file its final name, durably. */
export async function placeFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDirectory(dirname(to));
}

/** Replaces a file in one step, durably. Until then the content is in the file `part`, which nobody else may write. */
export async function replaceFile(
  path: string,
  content: string | Uint8Array,
  readers: Readers,
  part: string = `${path}${PART}`,
): Promise<void> {
  await rm(part, { force: true });
  const file = await DurableFile.create(part, readers);
  await file.write(typeof content === 'string' ? Buffer.from(content) : content).finally(() => file.close());
  await placeFile(part, path);
}

/** Puts the names in a directory on the disk. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}
