import { MOST_IDS } from '../messages/limits.ts';

/** Gathers numbers of work, so that one message tells about many. Each message costs a record of TLS and a system call on both sides. */
export class GatheredIds {
  readonly #forMs: number;
  readonly #most: number;
  readonly #tell: (ids: readonly number[]) => void;
  #ids: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param options `forMs`: how long numbers are gathered at most, milliseconds. `most`: how many are gathered at most
   * @param tell receives the numbers
   */
  constructor(options: { readonly forMs: number; readonly most: number }, tell: (ids: readonly number[]) => void) {
    this.#forMs = options.forMs;
    this.#most = options.most;
    this.#tell = tell;
  }

  add(id: number): void {
    this.#ids.push(id);
    if (this.#ids.length >= this.#most) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#forMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tell(this.#ids.splice(0));
  }
}

/** Divides numbers into groups that one message may have. */
export function inGroups(ids: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, i) =>
    ids.slice(i * MOST_IDS, (i + 1) * MOST_IDS),
  );
}
