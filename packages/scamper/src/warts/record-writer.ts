import { ScamperError } from '../errors.ts';
import { ADDRESS_TYPES } from './record-reader.ts';

/** Writes the body of one warts record into a growing buffer. All numbers are big-endian. */
export class RecordWriter {
  #bytes = new Uint8Array(256);
  #length = 0;
  readonly #addresses = new Map<string, number>();

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.u8(value >>> 8);
    this.u8(value & 255);
  }

  u32(value: number): void {
    this.u16(value >>> 16);
    this.u16(value & 0xffff);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.bytes(new TextEncoder().encode(text));
    this.u8(0);
  }

  /** Writes an address in full the first time and by its index after that. @throws {ScamperError} `badAddress` */
  address(text: string): void {
    const known = this.#addresses.get(text);
    if (known !== undefined) {
      this.u8(0);
      this.u32(known);
      return;
    }
    this.#addresses.set(text, this.#addresses.size);
    const { type, bytes } = parseAddress(text);
    this.u8(bytes.length);
    this.u8(type);
    this.bytes(bytes);
  }

  /** Overwrites the 16-bit number at index `at`. */
  patchU16(at: number, value: number): void {
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value & 255;
  }

  /** A copy of the bytes written so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

function parseAddress(text: string): { type: number; bytes: Uint8Array } {
  if (text.includes('.')) return { type: ADDRESS_TYPES.ipv4, bytes: Uint8Array.from(text.split('.'), Number) };
  const parts = text.split(':');
  if (parts.length === 8 && parts.some((part) => part.length !== 2)) {
    const words = parts.map((part) => Number.parseInt(part, 16));
    return { type: ADDRESS_TYPES.ipv6, bytes: Uint8Array.from(words.flatMap((word) => [word >>> 8, word & 255])) };
  }
  const bytes = Uint8Array.from(parts, (part) => Number.parseInt(part, 16));
  if (bytes.length === 6) return { type: ADDRESS_TYPES.ethernet, bytes };
  if (bytes.length === 8) return { type: ADDRESS_TYPES.firewire, bytes };
  throw new ScamperError('badAddress', `'${text}' is not an address`, { address: text });
}
