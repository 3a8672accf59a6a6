/** A socket or device that Node.js cannot wait for. */
export interface PolledSource {
  /** Reads what is waiting. Returns the number of packets. */
  read(): number;
  /** Whether the next packet is urgent: the loop then polls every 1 ms instead of every 10 ms. */
  isWanted(): boolean;
}

/** Pauses between two polls, milliseconds: while packets arrive or are urgent, and otherwise. */
const EAGER_MS = 1;
const IDLE_MS = 10;

/** Polls non-blocking sockets and devices until it is stopped. */
export class PollLoop {
  readonly #sources: readonly PolledSource[];
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: readonly PolledSource[]) {
    this.#sources = sources;
  }

  /** Starts polling; the first poll happens at once. */
  start(): void {
    const look = (): void => {
      let isBusy = false;
      for (const source of this.#sources) if (source.read() > 0 || source.isWanted()) isBusy = true;
      this.#timer = setTimeout(look, isBusy ? EAGER_MS : IDLE_MS);
    };
    look();
  }

  /** Stops polling. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
