import type { PacketSocket } from '@revtr/linux';

/** A socket to read, and who wants its packets. */
export interface PacketSource {
  readonly socket: PacketSocket;
  readonly take: (packet: Uint8Array) => void;
  /** Whether somebody waits for a packet: only then is it read as often as possible. */
  readonly isWanted: () => boolean;
}

/** Pauses between looks at the sockets, milliseconds: while something is waited for, and otherwise. */
const EAGER_MS = 1;
const IDLE_MS = 10;

/** Reads packet sockets until it is stopped. Node cannot wait for such a socket, but looking at it costs next to nothing. */
export class PacketLoop {
  readonly #sources: readonly PacketSource[];
  #timer: NodeJS.Timeout | undefined;

  constructor(sources: readonly PacketSource[]) {
    this.#sources = sources;
  }

  start(): void {
    const look = (): void => {
      let isBusy = false;
      for (const { socket, take, isWanted } of this.#sources) if (socket.drain(take) > 0 || isWanted()) isBusy = true;
      this.#timer = setTimeout(look, isBusy ? EAGER_MS : IDLE_MS);
    };
    look();
  }

  /** Packets that the kernel dropped since the last call. */
  dropped(): number {
    return this.#sources.reduce((sum, { socket }) => sum + socket.dropped(), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const { socket } of this.#sources) socket.close();
  }
}
