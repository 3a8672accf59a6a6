/** Something to read that Node cannot wait for. */
export interface PolledSource {
  /** Reads what is there. Returns how much that was. */
  read(): number;
  /** Whether somebody waits for more: only then is it read as often as possible. */
  isWanted(): boolean;
}

/** Pauses between looks, milliseconds: while something comes or is waited for, and otherwise. */
const EAGER_MS = 1;
const IDLE_MS = 10;

/** Reads sockets and devices by looking again and again: a look costs next to nothing. */
export class PollLoop {
  readonly #sources: readonly PolledSource[];
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: readonly PolledSource[]) {
    this.#sources = sources;
  }

  start(): void {
    const look = (): void => {
      let isBusy = false;
      for (const source of this.#sources) if (source.read() > 0 || source.isWanted()) isBusy = true;
      this.#timer = setTimeout(look, isBusy ? EAGER_MS : IDLE_MS);
    };
    look();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
