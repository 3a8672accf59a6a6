import type { Socket } from 'node:net';

export interface PacedConnectionsOptions {
  /** Most connections that are passed on in one turn of the event loop. Default 8. */
  readonly perTurn?: number;
  /** How long a turn may take, milliseconds, before the next one passes on a single connection. Default 50. */
  readonly longTurnMs?: number;
  /** How long a connection may wait, milliseconds. Default 15,000. */
  readonly mostWaitMs?: number;
}

export interface PacedConnectionsCollaborators {
  /** Takes a connection. */
  readonly pass: (socket: Socket) => void;
  /** Whether enough is under way with the connections passed on before. */
  readonly isBusy: () => boolean;
  /** Monotonic time, milliseconds. */
  readonly now: () => number;
}

/**
 * Passes accepted connections on at the pace at which this process can serve them, in the order of their arrival.
 *
 * Without this, ten thousand agents that connect at once share the processor: all handshakes end together, after the agents have given up, and the
 * next try begins with as many. Connections that cost nothing, such as those of peers that send nothing, do not hold up the others.
 *
 * Those that have waited for too long are closed: a paused connection does not tell whether its peer has given up, and handshakes with peers that have
 * would take the time of the others until these give up as well.
 */
export class PacedConnections {
  readonly #perTurn: number;
  readonly #longTurnMs: number;
  readonly #mostWaitMs: number;
  readonly #collaborators: PacedConnectionsCollaborators;
  /** When each connection came, in that order. */
  readonly #waiting = new Map<Socket, number>();
  #turnSince: number | undefined;

  constructor(options: PacedConnectionsOptions, collaborators: PacedConnectionsCollaborators) {
    this.#perTurn = options.perTurn ?? 8;
    this.#longTurnMs = options.longTurnMs ?? 50;
    this.#mostWaitMs = options.mostWaitMs ?? 15_000;
    this.#collaborators = collaborators;
  }

  /** Connections that have not been passed on. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a paused connection, see `pauseOnConnect` of `net.createServer`. */
  add(socket: Socket): void {
    this.#waiting.set(socket, this.#collaborators.now());
    socket.once('close', () => this.#waiting.delete(socket));
    if (this.#turnSince === undefined) this.#nextTurn();
  }

  #nextTurn(): void {
    this.#turnSince = this.#collaborators.now();
    // A timer, not `setImmediate`: while a process waits for other threads, its turns would never end.
    setTimeout(() => this.#endTurn(), 1);
  }

  #endTurn(): void {
    const { now, pass, isBusy } = this.#collaborators;
    const ended = now();
    const took = ended - (this.#turnSince ?? 0);
    this.#turnSince = undefined;
    // Also where every turn is long, each connection has its turn.
    let left = took < this.#longTurnMs ? this.#perTurn : 1;
    for (const [socket, since] of this.#waiting) {
      const isLate = ended - since > this.#mostWaitMs;
      if (!isLate && (left <= 0 || isBusy())) break;
      this.#waiting.delete(socket);
      if (isLate) socket.destroy();
      else {
        left--;
        if (!socket.destroyed) pass(socket);
      }
    }
    if (this.#waiting.size > 0) this.#nextTurn();
  }
}
