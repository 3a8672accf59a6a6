import type { Ipv4Address, Prefix } from '@revtr/net';
import { SimError } from '../errors.ts';

/** First octets outside all special-purpose ranges. */
const usable = (octet: number): boolean =>
  octet >= 1 && octet <= 223 && ![10, 100, 127, 169, 172, 192, 198, 203].includes(octet);

/** Allocates aligned blocks of public addresses in ascending order. */
export class AddressPlan {
  #next = 0x01000000;

  /** Allocates the next free block of `length` bits, 8 to 32. @throws {SimError} `outOfAddresses` */
  block(length: number): Prefix {
    const size = 2 ** (32 - length);
    let address = Math.ceil(this.#next / size) * size;
    while (!usable(Math.floor(address / 2 ** 24))) {
      if (address >= 0xe0000000) throw new SimError('outOfAddresses', 'the public address space is used up');
      address = (Math.floor(address / 2 ** 24) + 1) * 2 ** 24;
    }
    this.#next = address + size;
    return { address, length };
  }
}

/** Allocates the addresses of one network: single addresses, and aligned pairs for links. */
export class AddressPool {
  #next: number;
  readonly #end: number;

  constructor(block: Prefix) {
    this.#next = block.address + 1;
    this.#end = block.address + 2 ** (32 - block.length);
  }

  one(): Ipv4Address {
    return this.#take(1, 1);
  }

  /** Both ends of a /31 (RFC 3021) or, when `wide`, of a /30. */
  pair(wide: boolean): [Ipv4Address, Ipv4Address] {
    const base = wide ? this.#take(4, 4) + 1 : this.#take(2, 2);
    return [base, base + 1];
  }

  #take(count: number, alignment: number): number {
    const address = Math.ceil(this.#next / alignment) * alignment;
    if (address + count > this.#end) throw new SimError('outOfAddresses', 'a network has used up its block');
    this.#next = address + count;
    return address;
  }
}
