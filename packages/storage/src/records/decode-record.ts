import { formatIpv4, readIpv4 } from '@revtr/net';
import { StorageError } from '../errors.ts';
import { LEAST_REFERENCED, MOST_DEPTH, MOST_TEMPLATE, RECORD_VERSION, TAGS } from './tags.ts';
import { VOCABULARY } from './vocabulary.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Longest record that is read, bytes. */
const MOST_BYTES = 2 ** 24;
/** Depth of the values in a template: there is no template, list or object among them. */
const TEMPLATE_DEPTH = MOST_DEPTH + 1;
/** Largest factor of seven-bit groups: seven of them hold every safe integer. */
const MOST_FACTOR = 2 ** 49;

/** Reads a record that {@link encodeRecord} wrote. @throws {StorageError} `badRecord` */
export function decodeRecord(bytes: Uint8Array): unknown {
  return new RecordReader(bytes).read();
}

class RecordReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  readonly #references: (string | number)[] = [];
  readonly #ownShapes: (readonly string[])[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): unknown {
    if (this.#bytes.length > MOST_BYTES) throw this.#bad('tooLong');
    if (this.#byte() !== RECORD_VERSION) throw this.#bad('unknownVersion');
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) throw this.#bad('tooLong');
    return value;
  }

  #value(depth: number): unknown {
    const tag = this.#byte();
    if (tag < TAGS.shortWord) return tag;
    if (tag < TAGS.shortShape) return this.#word(tag - TAGS.shortWord);
    if (tag < TAGS.shortReference) return this.#object(this.#shape(tag - TAGS.shortShape), depth + 1);
    if (tag < TAGS.shortList) return this.#reference(tag - TAGS.shortReference);
    if (tag < TAGS.null) return this.#list(tag - TAGS.shortList, depth + 1);
    return this.#tagged(tag, depth);
  }

  #tagged(tag: number, depth: number): unknown {
    switch (tag) {
      case TAGS.null:
        return null;
      case TAGS.false:
        return false;
      case TAGS.true:
        return true;
      case TAGS.integer:
      case TAGS.negative:
        return this.#integer(tag === TAGS.negative);
      case TAGS.thousandths:
        return this.#count() / 1000;
      case TAGS.float32:
        return this.#noted(this.#view.getFloat32(this.#skip(4)));
      case TAGS.float64:
        return this.#noted(this.#view.getFloat64(this.#skip(8)));
      case TAGS.shape:
        return this.#object(this.#shape(this.#count()), depth + 1);
      case TAGS.list:
        return this.#list(this.#count(), depth + 1);
      case TAGS.object:
        return this.#object(this.#newShape(), depth + 1);
      case TAGS.template:
        return this.#template(depth);
      default:
        return this.#taggedText(tag);
    }
  }

  #taggedText(tag: number): string | number {
    if (tag === TAGS.word) return this.#word(this.#count());
    if (tag === TAGS.reference) return this.#reference(this.#count());
    if (tag === TAGS.address) return this.#noted(formatIpv4(readIpv4(this.#bytes, this.#skip(4))));
    if (tag === TAGS.text) return this.#noted(this.#plainText());
    throw this.#bad('unknownTag');
  }

  #text(): string {
    const tag = this.#byte();
    let text: string | number | undefined;
    if (tag >= TAGS.shortWord && tag < TAGS.shortShape) text = this.#word(tag - TAGS.shortWord);
    else if (tag >= TAGS.shortReference && tag < TAGS.shortList) text = this.#reference(tag - TAGS.shortReference);
    else if (tag === TAGS.template) text = this.#template(0);
    else text = this.#taggedText(tag);
    if (typeof text !== 'string') throw this.#bad('notText');
    return text;
  }

  #integer(isNegative: boolean): number {
    const count = this.#count();
    const value = isNegative ? -count : count;
    return count >= LEAST_REFERENCED ? this.#noted(value) : value;
  }

  #template(depth: number): string {
    this.#refuseDepth(depth);
    const template = this.#templateWord();
    return template.replaceAll('\0', () => {
      const value = this.#value(TEMPLATE_DEPTH);
      if (typeof value !== 'number' && typeof value !== 'string') throw this.#bad('notText');
      if (String(value).length > MOST_TEMPLATE) throw this.#bad('tooLong');
      return String(value);
    });
  }

  /** The word of a template. */
  #templateWord(): string {
    const tag = this.#byte();
    if (tag >= TAGS.shortWord && tag < TAGS.shortShape) return this.#word(tag - TAGS.shortWord);
    if (tag === TAGS.word) return this.#word(this.#count());
    throw this.#bad('unknownTag');
  }

  #object(fields: readonly string[], depth: number): object {
    this.#refuseDepth(depth);
    const object: Record<string, unknown> = {};
    for (const field of fields) {
      const value = this.#value(depth);
      // An assignment to this name would set the prototype.
      if (field === '__proto__')
        Object.defineProperty(object, field, { value, enumerable: true, configurable: true, writable: true });
      else object[field] = value;
    }
    return object;
  }

  #list(length: number, depth: number): unknown[] {
    this.#refuseDepth(depth);
    // Each entry takes a byte at least: a length is not believed before its entries are there.
    if (length > this.#bytes.length - this.#at) throw this.#bad('tooShort');
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(this.#value(depth));
    return list;
  }

  #newShape(): readonly string[] {
    const length = this.#count();
    if (length > this.#bytes.length - this.#at) throw this.#bad('tooShort');
    const fields: string[] = [];
    for (let i = 0; i < length; i++) fields.push(this.#text());
    this.#ownShapes.push(fields);
    return fields;
  }

  #shape(number: number): readonly string[] {
    const { shapes } = VOCABULARY;
    return this.#known(number < shapes.length ? shapes[number] : this.#ownShapes[number - shapes.length]);
  }

  #word(number: number): string {
    return this.#known(VOCABULARY.words[number]);
  }

  #reference(number: number): string | number {
    return this.#known(this.#references[number]);
  }

  #known<T>(value: T | undefined): T {
    if (value === undefined) throw this.#bad('unknownNumber');
    return value;
  }

  /** Later values may refer to this one. */
  #noted<T extends string | number>(value: T): T {
    this.#references.push(value);
    return value;
  }

  #plainText(): string {
    const length = this.#count();
    const from = this.#skip(length);
    try {
      return decoder.decode(this.#bytes.subarray(from, from + length));
    } catch {
      throw this.#bad('notText');
    }
  }

  #count(): number {
    let count = 0;
    for (let factor = 1; factor <= MOST_FACTOR; factor *= 128) {
      const byte = this.#byte();
      count += (byte & 127) * factor;
      if (byte < 128 && Number.isSafeInteger(count)) return count;
      if (byte < 128) break;
    }
    throw this.#bad('tooLarge');
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)];
  }

  /** Passes bytes, and returns where they begin. */
  #skip(bytes: number): number {
    const from = this.#at;
    if (bytes > this.#bytes.length - from) throw this.#bad('tooShort');
    this.#at += bytes;
    return from;
  }

  #refuseDepth(depth: number): void {
    if (depth > MOST_DEPTH) throw this.#bad('tooDeep');
  }

  #bad(reason: string): StorageError {
    return new StorageError('badRecord', `a stored record cannot be read: ${reason} at byte ${this.#at}`, {
      reason,
      at: this.#at,
    });
  }
}
