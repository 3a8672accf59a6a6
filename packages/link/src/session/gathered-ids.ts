import { MOST_IDS } from '../messages/limits.ts';

/** Gathers numbers of work, so that one message tells about many. Each message costs a record of TLS and a system call on both sides. */
export class GatheredIds {
  readonly #forMs: number;
  readonly #tell: (ids: readonly number[]) => void;
  #ids: number[] = [];

  /**
   * @param options `forMs`: how long numbers are gathered, milliseconds; 0 gathers those of one turn of the event loop
   * @param tell receives the numbers, at most as many as a message may have
   */
  constructor(options: { readonly forMs: number }, tell: (ids: readonly number[]) => void) {
    this.#forMs = options.forMs;
    this.#tell = tell;
  }

  add(id: number): void {
    this.#ids.push(id);
    if (this.#ids.length > 1) return;
    const flush = (): void => this.#flush();
    if (this.#forMs === 0) setImmediate(flush);
    else setTimeout(flush, this.#forMs);
  }

  #flush(): void {
    for (const ids of inGroups(this.#ids.splice(0))) this.#tell(ids);
  }
}

/** Divides numbers into groups that one message may have. */
export function inGroups(ids: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, i) =>
    ids.slice(i * MOST_IDS, (i + 1) * MOST_IDS),
  );
}
