import type { Clock } from '@revtr/probing';

/** A stream, as the watch over its peer sees it. */
export interface PeerStream {
  /** The peer is lost. */
  lost(): void;
}

export interface PeersOptions {
  /** How often a process tells its peers that it is alive, milliseconds. */
  readonly aliveMs: number;
  /** A peer that was silent for so long is lost, milliseconds. */
  readonly lostMs: number;
}

export interface PeersCollaborators {
  readonly clock: Clock;
  readonly sayAlive: (peer: string) => void;
  /** Called regularly while there are peers: what they could not be told before is told now. */
  readonly retry: () => void;
}

interface Peer {
  readonly readsBundles: boolean;
  heardAt: number;
  readonly streams: Set<PeerStream>;
}

/** The processes at the other ends of streams: tells them that this one is alive, and ends the streams of those that are silent. */
export class Peers {
  readonly #options: PeersOptions;
  readonly #collaborators: PeersCollaborators;
  readonly #peers = new Map<string, Peer>();
  readonly #over = new AbortController();
  #isWatching = false;

  constructor(options: PeersOptions, collaborators: PeersCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /** A stream to `peer` exists from now on. */
  add(peer: string, stream: PeerStream, readsBundles: boolean): void {
    const known = this.#peers.get(peer) ?? {
      readsBundles,
      heardAt: this.#collaborators.clock.now(),
      streams: new Set(),
    };
    known.streams.add(stream);
    this.#peers.set(peer, known);
    if (!this.#isWatching) void this.#watch();
  }

  remove(peer: string, stream: PeerStream): void {
    const known = this.#peers.get(peer);
    known?.streams.delete(stream);
    if (known?.streams.size === 0) this.#peers.delete(peer);
  }

  /** Whether a process with which streams exist reads bundles of frames. */
  readsBundles(peer: string): boolean {
    return this.#peers.get(peer)?.readsBundles === true;
  }

  /** A message of `peer` has arrived. */
  heard(peer: string): void {
    const known = this.#peers.get(peer);
    if (known !== undefined) known.heardAt = this.#collaborators.clock.now();
  }

  /** What was on its way from `peer` is lost: its streams end, and each removes itself. */
  lost(peer: string): void {
    for (const stream of [...(this.#peers.get(peer)?.streams ?? [])]) stream.lost();
  }

  stop(): void {
    this.#over.abort();
  }

  async #watch(): Promise<void> {
    this.#isWatching = true;
    const { aliveMs, lostMs } = this.#options;
    const { clock, sayAlive, retry } = this.#collaborators;
    while (this.#peers.size > 0 && !this.#over.signal.aborted) {
      const startedAt = clock.now();
      for (const peer of this.#peers.keys()) sayAlive(peer);
      retry();
      await clock.sleep(aliveMs, this.#over.signal).catch(() => undefined);
      const now = clock.now();
      // A process that was itself stopped has heard nothing for a reason that is not its peers'.
      if (now - startedAt > aliveMs + lostMs / 2) {
        for (const peer of this.#peers.values()) peer.heardAt = now;
        continue;
      }
      for (const [name, { heardAt }] of [...this.#peers]) if (now - heardAt > lostMs) this.lost(name);
    }
    this.#isWatching = false;
  }
}
