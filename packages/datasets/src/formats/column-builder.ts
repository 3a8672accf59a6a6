import type { PrefixColumns } from '@revtr/net';

/** Builds columns of prefixes row by row. A million rows as objects would take ten times the memory. */
export class ColumnBuilder {
  count = 0;
  #addresses = new Uint32Array(1 << 16);
  #lengths = new Uint8Array(1 << 16);
  #values = new Int32Array(1 << 16);

  /** Adds the prefix `address/length` with the origin `asn` (0 to 4294967295). */
  add(address: number, length: number, asn: number): void {
    if (this.count === this.#addresses.length) {
      this.#addresses = grown(this.#addresses, new Uint32Array(this.count * 2));
      this.#lengths = grown(this.#lengths, new Uint8Array(this.count * 2));
      this.#values = grown(this.#values, new Int32Array(this.count * 2));
    }
    this.#addresses[this.count] = address;
    this.#lengths[this.count] = length;
    this.#values[this.count++] = asn | 0;
  }

  columns(): PrefixColumns {
    return {
      addresses: this.#addresses.slice(0, this.count),
      lengths: this.#lengths.slice(0, this.count),
      values: this.#values.slice(0, this.count),
    };
  }
}

function grown<T extends Uint32Array | Uint8Array | Int32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
