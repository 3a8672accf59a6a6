/** How many streams other processes may have opened on this one. */
export interface StreamLimits {
  readonly perPeer: number;
  readonly inAll: number;
}

/** Counts the streams that other processes have opened. The name of a process is what it says itself: only the limit in all is safe from lies. */
export class StreamLimit {
  readonly #limits: StreamLimits;
  readonly #ofPeers = new Map<string, number>();
  #all = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  /** Counts one more stream of `peer`. Returns the limit instead when that has been reached. */
  add(peer: string): number | undefined {
    const { perPeer, inAll } = this.#limits;
    const own = this.#ofPeers.get(peer) ?? 0;
    if (own >= perPeer) return perPeer;
    if (this.#all >= inAll) return inAll;
    this.#ofPeers.set(peer, own + 1);
    this.#all++;
    return undefined;
  }

  /** A stream of `peer` has ended. */
  remove(peer: string): void {
    const left = (this.#ofPeers.get(peer) ?? 0) - 1;
    if (left > 0) this.#ofPeers.set(peer, left);
    else this.#ofPeers.delete(peer);
    this.#all--;
  }
}
