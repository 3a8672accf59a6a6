import { FairTurns, type Flow, keyOfFlow, type Room, type Share, type WaitingFlow } from './fair-turns.ts';

/** How long the list of flows is believed, milliseconds: work that nobody told of waits that long at most. */
const BELIEVED_MS = 1_000;

/** The queue that {@link TurnTaking} reads. */
interface Queue<Work extends Flow> {
  /** Reads which flows have work. */
  readonly flows: () => Promise<readonly WaitingFlow[]>;
  /** Takes work, from each flow as much as its share or less. */
  readonly take: (shares: readonly Share[]) => Promise<Work[]>;
}

/** Takes work from a queue in fair shares, and remembers between two calls who has had how much. */
export class TurnTaking {
  readonly #turns = new FairTurns();
  #isStale = true;
  #readAt = 0;

  /** There may be work of flows that are not known yet. */
  noteNew(): void {
    this.#isStale = true;
  }

  /** Takes as much work as there is room for. `now`: milliseconds since the Unix epoch. */
  async take<Work extends Flow>(room: Room, now: number, queue: Queue<Work>): Promise<Work[]> {
    let isFresh = false;
    const refresh = async (): Promise<void> => {
      isFresh = true;
      this.#isStale = false;
      this.#readAt = now;
      this.#turns.replace(await queue.flows());
    };
    if (this.#isStale || Math.abs(now - this.#readAt) >= BELIEVED_MS) await refresh();
    const taken: Work[] = [];
    let bulkLeft = room.bulk ?? room.all;
    for (;;) {
      const shares = this.#turns.share({ all: room.all - taken.length, bulk: bulkLeft });
      const found = shares.length === 0 ? [] : await queue.take(shares);
      this.#noteUnused(shares, found);
      for (const work of found) {
        taken.push(work);
        if (work.isBulk) bulkLeft--;
      }
      if (taken.length >= room.all) return taken;
      // A share that was not used may be of use to others.
      if (found.length > 0 && !this.#turns.isEmpty && (bulkLeft > 0 || this.#turns.hasSmall)) continue;
      if (isFresh) return taken;
      await refresh();
    }
  }

  #noteUnused(shares: readonly Share[], found: readonly Flow[]): void {
    const counts = new Map<string, number>();
    for (const flow of found) {
      const key = keyOfFlow(flow);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (const share of shares) {
      const unused = share.most - (counts.get(keyOfFlow(share)) ?? 0);
      if (unused > 0) this.#turns.unused(share, unused);
    }
  }
}
