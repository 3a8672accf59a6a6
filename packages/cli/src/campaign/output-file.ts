import { type FileHandle, open } from 'node:fs/promises';
import { CliError } from '../errors.ts';

/** The file that the results of a campaign are added to, a batch at a time. */
export class OutputFile {
  readonly #file: FileHandle;
  #length: number;

  private constructor(file: FileHandle, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Opens the file, and removes what is behind `length` bytes: results of a batch that were not written completely. */
  static async open(path: string, length: number): Promise<OutputFile> {
    const file = await open(path, length === 0 ? 'w' : 'r+');
    const { size } = await file.stat();
    if (size < length) {
      await file.close();
      const reason = `it has ${size} bytes, and the campaign has written ${length}`;
      throw new CliError('unreadableFile', `cannot go on with ${path}: ${reason}`, { path, reason });
    }
    await file.truncate(length);
    return new OutputFile(file, length);
  }

  /** Adds the chunks of a stream. Returns the length of the file when they are on disk. */
  async append(chunks: AsyncIterable<Uint8Array>): Promise<number> {
    let length = this.#length;
    for await (const chunk of chunks) {
      await this.#file.write(chunk, 0, chunk.length, length);
      length += chunk.length;
    }
    await this.#file.datasync();
    this.#length = length;
    return length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
