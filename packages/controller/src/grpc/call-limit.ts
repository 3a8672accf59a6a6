import { limitedAddressOf } from '@revtr/link';

/** Most calls at a time, in total and from one IPv4 address or /64 of IPv6. */
export interface CallLimits {
  readonly total: number;
  readonly perAddress: number;
}

/** Counts the calls that are under way: one client must not take all places. */
export class CallLimit {
  readonly #limits: CallLimits;
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Takes a place for a call. Returns how to give it back, once; `undefined` when there is none left. */
  enter(client: string): (() => void) | undefined {
    const address = limitedAddressOf(client);
    const own = this.#byAddress.get(address) ?? 0;
    if (this.#total >= this.#limits.total || own >= this.#limits.perAddress) return undefined;
    this.#total++;
    this.#byAddress.set(address, own + 1);
    return () => this.#leave(address);
  }

  #leave(address: string): void {
    this.#total--;
    const left = (this.#byAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
