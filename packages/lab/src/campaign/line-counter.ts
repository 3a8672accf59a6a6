import { createReadStream, existsSync } from 'node:fs';

const LINE_FEED = 10;

/** Counts the lines of a file that grows. */
export class LineCounter {
  readonly #path: string;
  #position = 0;
  #lines = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Complete lines so far. */
  async count(): Promise<number> {
    if (!existsSync(this.#path)) return 0;
    for await (const chunk of createReadStream(this.#path, { start: this.#position })) {
      this.#position += chunk.length;
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) this.#lines++;
    }
    return this.#lines;
  }
}
