import { ScamperError } from '../errors.ts';

/**
 * Reads the body of one warts record. All numbers are big-endian. A record contains each address once; later occurrences refer to
 * it by its index. Every method throws a {@link ScamperError} (`truncatedWarts` or `badWarts`) when the record does not hold the value.
 */
export class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #recordOffset: number;
  readonly #addresses: string[] = [];
  #at: number;

  /**
   * Reads `bytes` from index `start` up to, but not including, index `end`. `recordOffset` is the position of the record in its
   * stream, for error messages.
   */
  constructor(bytes: Uint8Array, start: number, end: number, recordOffset: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#recordOffset = recordOffset;
  }

  get position(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Moves forward to `position`; the reader never moves back. */
  skipTo(position: number): void {
    if (position < this.#at || position > this.#end) throw this.#truncated();
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

  /** The next `length` bytes, without copying them. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at, length);
  }

  /** UTF-8 text that ends with a zero byte. */
  text(): string {
    const end = this.#bytes.subarray(0, this.#end).indexOf(0, this.#at);
    if (end < 0) throw this.#truncated();
    const text = new TextDecoder().decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  /** An address as text: dotted decimal for IPv4, groups separated by colons for all other types. */
  address(): string {
    const length = this.u8();
    if (length === 0) {
      const known = this.#addresses[this.u32()];
      if (known === undefined) throw this.bad('refers to an address that it does not contain');
      return known;
    }
    const type = this.u8();
    const text = formatAddress(type, this.bytes(length));
    if (text === undefined) throw this.bad(`contains an address of type ${type} with ${length} bytes`);
    this.#addresses.push(text);
    return text;
  }

  /**
   * Calls `read` `count` times. The array grows with the values that are really there, because `count` comes from the file and
   * memory must not be reserved for it.
   */
  list<T>(count: number, read: () => T): T[] {
    const values: T[] = [];
    for (let i = 0; i < count; i++) values.push(read());
    return values;
  }

  /** The error for a record whose contents make no sense. `problem` completes the sentence "The record …". */
  bad(problem: string): ScamperError {
    const offset = this.#recordOffset;
    return new ScamperError('badWarts', `the warts record at byte ${offset} ${problem}`, { offset });
  }

  #take(length: number): number {
    const at = this.#at;
    if (at + length > this.#end) throw this.#truncated();
    this.#at = at + length;
    return at;
  }

  #truncated(): ScamperError {
    const offset = this.#recordOffset;
    return new ScamperError('truncatedWarts', `the warts record at byte ${offset} ends before its contents do`, {
      offset,
    });
  }
}

/** Address types of scamper (`scamper_addr.h`). */
export const ADDRESS_TYPES = { ipv4: 1, ipv6: 2, ethernet: 3, firewire: 4 } as const;

function formatAddress(type: number, bytes: Uint8Array): string | undefined {
  if (type === ADDRESS_TYPES.ipv4 && bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
  if (type === ADDRESS_TYPES.ipv6 && bytes.length === 16) {
    return Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] << 8) | bytes[2 * i + 1]).toString(16)).join(':');
  }
  const isHardware =
    (type === ADDRESS_TYPES.ethernet && bytes.length === 6) || (type === ADDRESS_TYPES.firewire && bytes.length === 8);
  if (!isHardware) return undefined;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
