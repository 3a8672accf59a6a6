import { tooLarge } from '../errors.ts';

/** The bytes of a file, chunk by chunk. */
export type Content = AsyncIterable<Uint8Array>;

/** Limits of a reader. A file that exceeds one is refused: no file can exhaust the memory or the processor. */
export interface ReadLimits {
  /** Bytes of the file after decompression. */
  readonly bytes: number;
  /** Characters of one line of a text file. */
  readonly lineCharacters: number;
  /** Entries of the dataset: prefixes, addresses, networks or relationships. */
  readonly entries: number;
}

/** The content, as long as it has at most `limit` bytes. @throws {DatasetError} `tooLarge` */
export async function* limited(content: Content, limit: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > limit) throw tooLarge(limit, 'bytes');
    yield chunk;
  }
}

/** Counts the entries of a dataset. */
export class EntryCounter {
  readonly #limit: number;
  #count = 0;

  constructor({ entries }: Pick<ReadLimits, 'entries'>) {
    this.#limit = entries;
  }

  /** Counts further entries. @throws {DatasetError} `tooLarge` */
  add(entries = 1): void {
    this.#count += entries;
    if (this.#count > this.#limit) throw tooLarge(this.#limit, 'entries');
  }
}
