import { type FileHandle, open } from 'node:fs/promises';
import { CliError } from '../errors.ts';

/** The file that the results of a campaign are added to. */
export class OutputFile {
  readonly #file: FileHandle;
  #length: number;

  private constructor(file: FileHandle, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Opens the file, and removes what is behind `length` bytes: results that the journal does not know. */
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

  /** Adds lines, which have no line feed yet. Returns the length of the file when they are on disk; when `lines` fails, adds none. */
  async append(lines: AsyncIterable<string>): Promise<number> {
    let length = this.#length;
    try {
      for await (const chunk of chunksOf(lines)) {
        await this.#file.write(chunk, 0, chunk.length, length);
        length += chunk.length;
      }
    } catch (error) {
      await this.#file.truncate(this.#length);
      throw error;
    }
    await this.#file.datasync();
    this.#length = length;
    return length;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Characters that are written at once: each call to the system costs as much as a line. */
const CHUNK_CHARACTERS = 2 ** 18;

async function* chunksOf(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let gathered: string[] = [];
  let length = 0;
  for await (const line of lines) {
    gathered.push(line, '\n');
    length += line.length;
    if (length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(gathered.join(''));
    [gathered, length] = [[], 0];
  }
  yield Buffer.from(gathered.join(''));
}
