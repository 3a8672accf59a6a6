import type { BundleMark } from '../messages.ts';

/** Most processes that are remembered. Forgetting one ends the streams with it once. */
const MOST_PEERS = 10_000;

/** Numbers the bundles that leave for each process. */
export class SentBundles {
  readonly #numbers = new Map<string, number>();
  #series = 0;

  /** Of the next bundle for a process. */
  next(peer: string): BundleMark {
    return { series: this.#series, number: this.last(peer).number + 1 };
  }

  /** Of the last bundle that was sent to a process; its number is 0 when there was none in this series. */
  last(peer: string): BundleMark {
    return { series: this.#series, number: this.#numbers.get(peer) ?? 0 };
  }

  /** The next bundle for a process has been sent. */
  note(peer: string): void {
    remember(this.#numbers, peer, this.last(peer).number + 1);
  }

  /** The connection was lost, and all streams have ended: what was on its way is no longer awaited. */
  restart(): void {
    this.#series++;
    this.#numbers.clear();
  }
}

/** Finds out from their numbers whether bundles of other processes are missing: servers of NATS lose messages when the connection between two of them breaks. */
export class ReceivedBundles {
  /** The last bundle of each process; `undefined` when bundles were missed while the connection was lost, so that the next one may have any number. */
  readonly #last = new Map<string, BundleMark | undefined>();

  /** Notes a bundle that has arrived. Returns whether none is missing before it. */
  noteArrived(peer: string, mark: BundleMark): boolean {
    return this.#note(peer, mark, mark.number - 1);
  }

  /** Notes which bundle a process has sent last. Returns whether none is missing up to it. */
  noteLast(peer: string, mark: BundleMark): boolean {
    return this.#note(peer, mark, mark.number);
  }

  /** The connection was lost, and all streams have ended: what the known processes have sent meanwhile is no longer awaited. */
  restart(): void {
    for (const peer of this.#last.keys()) this.#last.set(peer, undefined);
  }

  #note(peer: string, mark: BundleMark, before: number): boolean {
    const isExcused = this.#last.has(peer) && this.#last.get(peer) === undefined;
    const last = this.#last.get(peer);
    remember(this.#last, peer, mark);
    return isExcused || before === (last?.series === mark.series ? last.number : 0);
  }
}

function remember<Value>(map: Map<string, Value>, peer: string, value: Value): void {
  map.delete(peer);
  map.set(peer, value);
  const [oldest] = map.keys();
  if (map.size > MOST_PEERS) map.delete(oldest);
}
