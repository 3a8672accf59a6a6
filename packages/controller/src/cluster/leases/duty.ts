import type { Claim } from './lease-keeper.ts';

/** Work that one process does for all, while others with the same role wait to take over. */
export class Duty implements Claim {
  readonly #name: string;
  readonly #isAble: () => boolean;
  readonly #listeners: (() => void)[] = [];
  readonly #endListeners: (() => void | Promise<void>)[] = [];
  readonly #waiting = new Set<() => void>();
  #isHeld = false;

  /** @param options `isAble`: whether this process can do the work at this moment; default: always */
  constructor(options: { readonly name: string; readonly isAble?: () => boolean }) {
    const { name, isAble = () => true } = options;
    this.#name = `duty/${name}`;
    this.#isAble = isAble;
  }

  /** Whether this process does the work now. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Calls `listener` each time that this process begins to do the work. */
  onBegin(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` each time that this process must end the work. Unless the duty is lost, another process begins when all of them have resolved. */
  onEnd(listener: () => void | Promise<void>): void {
    this.#endListeners.push(listener);
  }

  /** Resolves when this process does the work; at once when it already does, or when `signal` fires. */
  held(signal: AbortSignal): Promise<void> {
    if (this.#isHeld || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end);
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end, { once: true });
      this.#waiting.add(end);
    });
  }

  wanted(): readonly string[] {
    return this.#isAble() ? [this.#name] : [];
  }

  async acquired(): Promise<void> {
    this.#isHeld = true;
    for (const tell of [...this.#waiting, ...this.#listeners]) tell();
  }

  async ended(): Promise<void> {
    this.#isHeld = false;
    await Promise.all(this.#endListeners.map((tell) => tell()));
  }
}
