import type { IpToAs } from '@revtr/engine';
import type { Ipv4Address, Prefix } from '@revtr/net';

/** Who announces an address; `undefined` where that is not known. */
export interface NetworkOfAddress {
  readonly asn: number | undefined;
  readonly prefix: Prefix | undefined;
}

/** How long an answer is reused, milliseconds: datasets are replaced while the controller runs. */
const KEEP_MS = 60_000;
const MOST_KEPT = 65_536;

/** Looks up who announces an address. Remembers the answers of the last minute, because each probe asks. */
export class NetworkLookup {
  readonly #ipToAs: IpToAs;
  readonly #known = new Map<Ipv4Address, NetworkOfAddress>();
  #knownSince = 0;
  #last: { readonly address: Ipv4Address; readonly network: NetworkOfAddress } | undefined;

  constructor({ ipToAs }: { readonly ipToAs: IpToAs }) {
    this.#ipToAs = ipToAs;
  }

  /** @param now milliseconds since the Unix epoch */
  of(address: Ipv4Address, now: number): NetworkOfAddress {
    if (now - this.#knownSince > KEEP_MS || now < this.#knownSince || this.#known.size >= MOST_KEPT) {
      this.#known.clear();
      this.#last = undefined;
      this.#knownSince = now;
    }
    // The rules ask about a probe one after the other.
    if (this.#last?.address === address) return this.#last.network;
    let network = this.#known.get(address);
    if (network === undefined) {
      network = { asn: this.#ipToAs.originOf(address), prefix: this.#ipToAs.prefixOf(address) };
      this.#known.set(address, network);
    }
    this.#last = { address, network };
    return network;
  }
}

/** A number for a prefix, not 0. Prefixes longer than 24 bits have that of their /24. */
export function prefixKey({ address, length }: Prefix): number {
  // The lowest eight bits of a network address are free down to a length of 24.
  return ((address & 0xffffff00) | Math.min(Math.max(length, 1), 24)) >>> 0;
}

/** The prefix that {@link prefixKey} was made of. */
export const prefixOfKey = (key: number): Prefix => ({ address: (key & 0xffffff00) >>> 0, length: key & 0xff });
