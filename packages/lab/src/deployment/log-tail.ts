import { closeSync, existsSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

/** Reads the lines that are appended to a file. */
export class LogTail {
  readonly #path: string;
  #offset = 0;
  #incomplete = '';

  /** @param path the file, which may not exist yet */
  constructor(path: string) {
    this.#path = path;
  }

  /** The complete lines since the last call, at most 64 KiB. */
  read(): string[] {
    if (!existsSync(this.#path)) return [];
    const file = openSync(this.#path, 'r');
    try {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const length = readSync(file, chunk, 0, CHUNK_BYTES, this.#offset);
      this.#offset += length;
      const lines = (this.#incomplete + chunk.toString('utf8', 0, length)).split('\n');
      this.#incomplete = lines.pop() ?? '';
      return lines;
    } finally {
      closeSync(file);
    }
  }
}
