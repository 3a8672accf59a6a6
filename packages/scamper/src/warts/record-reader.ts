import { ScamperError } from '../errors.ts';

/** Reads the body of one record. Addresses are written out once and referred to by number after that. */
export class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #addresses: string[] = [];
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  skipTo(position: number): void {
    if (position < this.#at || position > this.#end) throw truncated();
    this.#at = position;
  }

  u8(): number {
    return this.#bytes[this.#take(1)];
  }

  u16(): number {
    const at = this.#take(2);
    return (this.#bytes[at] << 8) | this.#bytes[at + 1];
  }

  u32(): number {
    const at = this.#take(4);
    const bytes = this.#bytes;
    return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at, length);
  }

  /** Text up to a zero byte. */
  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0 || end >= this.#end) throw truncated();
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  /** An address as text: dotted quad, or colons for the longer kinds. */
  address(): string {
    const length = this.u8();
    if (length === 0) {
      const known = this.#addresses[this.u32()];
      if (known === undefined)
        throw new ScamperError('badWarts', 'a record refers to an address that it does not hold');
      return known;
    }
    const type = this.u8();
    const text = formatAddress(type, this.bytes(length));
    this.#addresses.push(text);
    return text;
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw truncated();
    this.#at = at + length;
    return at;
  }
}

export const ADDRESS_TYPES = { ipv4: 1, ipv6: 2, ethernet: 3, firewire: 4 } as const;

function formatAddress(type: number, bytes: Uint8Array): string {
  if (type === ADDRESS_TYPES.ipv4 && bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (type === ADDRESS_TYPES.ipv6 && bytes.length === 16) {
    return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16)).join(':');
  }
  if (type === ADDRESS_TYPES.ethernet || type === ADDRESS_TYPES.firewire) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
  }
  throw new ScamperError('badWarts', `there is no address of type ${type} with ${bytes.length} bytes`, { type });
}

const truncated = (): ScamperError => new ScamperError('truncatedWarts', 'a record ends before its contents do');
