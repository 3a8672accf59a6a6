import type { Clock } from '@revtr/probing';

interface Kept<Item> {
  readonly userId: number;
  readonly items: Promise<readonly Item[]>;
  /** Infinity until it has been read. */
  until: number;
}

/** A list of one user that everybody may ask for: requests share one read, and for some time what it returned. */
export class KeptList<Item> {
  readonly #options: { readonly keepMs: number };
  readonly #clock: Clock;
  readonly #read: (userId: number) => Promise<readonly Item[]>;
  #kept: Kept<Item> | undefined;

  constructor(
    options: { readonly keepMs: number },
    collaborators: { readonly clock: Clock; readonly read: (userId: number) => Promise<readonly Item[]> },
  ) {
    this.#options = options;
    this.#clock = collaborators.clock;
    this.#read = collaborators.read;
  }

  /** The list of a user. Rejects with what keeps it from being read, which is not kept. */
  async of(userId: number): Promise<readonly Item[]> {
    const known = this.#kept;
    if (known?.userId === userId && this.#clock.now() < known.until) return known.items;
    const kept: Kept<Item> = { userId, items: this.#read(userId), until: Number.POSITIVE_INFINITY };
    this.#kept = kept;
    try {
      const items = await kept.items;
      kept.until = this.#clock.now() + this.#options.keepMs;
      return items;
    } catch (error) {
      kept.until = 0;
      throw error;
    }
  }
}
