import { limitedAddressOf, Tally } from '@revtr/link';

/** Most calls at a time, in total and from one IPv4 address or /64 of IPv6. */
export interface CallLimits {
  readonly total: number;
  readonly perAddress: number;
}

/** Counts the calls that are under way: one client must not take all places. */
export class CallLimit {
  readonly #limits: CallLimits;
  readonly #open = new Tally<string>();

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Takes a place for a call. Returns how to give it back, once; `undefined` when there is none left. */
  enter(client: string): (() => void) | undefined {
    const address = limitedAddressOf(client);
    const { total, perAddress } = this.#limits;
    if (this.#open.total >= total || this.#open.of(address) >= perAddress) return undefined;
    this.#open.add(address, 1);
    return () => this.#open.add(address, -1);
  }
}
