import { tryParseIpv4, writeIpv4 } from '@revtr/net';
import { cleanText } from '../access/text.ts';
import { StorageError } from '../errors.ts';
import { LEAST_REFERENCED, MOST_DEPTH, MOST_TEMPLATE, RECORD_VERSION, TAGS } from './tags.ts';
import { SHORT, type ShapeNode, VOCABULARY } from './vocabulary.ts';

const encoder = new TextEncoder();
const NUMBERS = /\d+(?:\.\d+){3}|\d+/g;
const MOST_THOUSANDTHS = 2 ** 42;

/**
 * Writes a value that JSON can represent as a record: the names of fields, frequent texts, and values that the record has already are
 * written as numbers, and addresses as four bytes. Characters that a database cannot store as text become U+FFFD.
 * {@link decodeRecord} returns what `JSON.parse` would return for the JSON text of the value.
 * @throws {StorageError} `badRecord` when lists and objects are nested more than 32 deep
 */
export function encodeRecord(value: unknown): Uint8Array {
  return new RecordWriter().write(value);
}

/** Records are written one after the other, so that they can share the space in which they grow. */
let space = new Uint8Array(2 ** 16);
const floats = new DataView(new ArrayBuffer(8));

class RecordWriter {
  #at = 0;
  readonly #references = new Map<string | number, number>();
  readonly #ownShapes = new Map<string, number>();

  write(value: unknown): Uint8Array {
    this.#byte(RECORD_VERSION);
    this.#value(value, 0);
    return space.slice(0, this.#at);
  }

  #value(value: unknown, depth: number): void {
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'boolean') this.#byte(value ? TAGS.true : TAGS.false);
    else if (typeof value === 'object' && value !== null) this.#compound(value, depth + 1);
    else this.#byte(TAGS.null);
  }

  #compound(value: object, depth: number): void {
    if (depth > MOST_DEPTH)
      throw new StorageError('badRecord', 'a record is nested too deep', { reason: 'tooDeep', at: this.#at });
    if (Array.isArray(value)) {
      this.#counted(value.length, TAGS.shortList, SHORT.lengths, TAGS.list);
      for (const each of value) this.#value(each, depth);
    } else {
      this.#object(value, depth);
    }
  }

  #object(value: object, depth: number): void {
    // Names and values apart: reading each value by its name would be the largest cost of a record.
    let fields = Object.keys(value);
    let values: unknown[] = Object.values(value);
    if (!values.every(isJson)) {
      fields = fields.filter((_, i) => isJson(values[i]));
      values = values.filter(isJson);
    }
    let node: ShapeNode | undefined = VOCABULARY.shapeTree;
    for (const field of fields) node = node?.next.get(field);
    const shape = node?.shape ?? this.#ownShapeOf(fields);
    if (shape === undefined) {
      this.#byte(TAGS.object);
      this.#count(fields.length);
      for (const field of fields) this.#text(field);
    } else {
      this.#counted(shape, TAGS.shortShape, SHORT.shapes, TAGS.shape);
    }
    for (const each of values) this.#value(each, depth);
  }

  /** The number of a list of fields; `undefined` when it has none yet: it has one from then on. */
  #ownShapeOf(fields: readonly string[]): number | undefined {
    const key = JSON.stringify(fields);
    const own = this.#ownShapes.get(key);
    if (own === undefined) this.#ownShapes.set(key, VOCABULARY.shapes.length + this.#ownShapes.size);
    return own;
  }

  #text(text: string): void {
    const address = tryParseIpv4(text);
    if (address !== undefined) this.#address(text, address);
    else if (!this.#word(text) && !this.#template(text)) this.#plainText(cleanText(text));
  }

  #address(text: string, address: number): void {
    if (this.#reference(text)) return;
    this.#byte(TAGS.address);
    this.#room(4);
    writeIpv4(space, this.#at, address);
    this.#at += 4;
  }

  #word(text: string): boolean {
    const number = VOCABULARY.wordNumbers.get(text);
    if (number === undefined) return false;
    this.#counted(number, TAGS.shortWord, SHORT.words, TAGS.word);
    return true;
  }

  /** Writes a reference to an equal value before; `false` when there is none: this one is the first then. */
  #reference(value: string | number): boolean {
    const number = this.#references.get(value);
    if (number === undefined) {
      this.#references.set(value, this.#references.size);
      return false;
    }
    this.#counted(number, TAGS.shortReference, SHORT.references, TAGS.reference);
    return true;
  }

  /** Writes a frequent text with other numbers and addresses in it. */
  #template(text: string): boolean {
    if (text.length > MOST_TEMPLATE) return false;
    const found: string[] = [];
    const template = text.replace(NUMBERS, (digits) => {
      found.push(digits);
      return '\0';
    });
    const number = VOCABULARY.templateNumbers.get(template);
    // A text that contains NUL is no template by itself.
    if (number === undefined || found.length !== template.split('\0').length - 1 || !found.every(isCanonical))
      return false;
    this.#byte(TAGS.template);
    this.#counted(number, TAGS.shortWord, SHORT.words, TAGS.word);
    for (const digits of found) {
      const address = tryParseIpv4(digits);
      if (address === undefined) this.#number(Number(digits));
      else this.#address(digits, address);
    }
    return true;
  }

  #plainText(text: string): void {
    if (this.#reference(text)) return;
    this.#byte(TAGS.text);
    const bytes = encoder.encode(text);
    this.#count(bytes.length);
    this.#room(bytes.length);
    space.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) this.#integer(value);
    else if (Number.isFinite(value)) this.#fraction(value);
    else this.#byte(TAGS.null);
  }

  #integer(value: number): void {
    const magnitude = Math.abs(value);
    if (value >= 0 && value < SHORT.integers) {
      this.#byte(value);
    } else if (magnitude < LEAST_REFERENCED || !this.#reference(value)) {
      this.#byte(value < 0 ? TAGS.negative : TAGS.integer);
      this.#count(magnitude);
    }
  }

  #fraction(value: number): void {
    const thousandths = Math.round(value * 1000);
    if (value > 0 && thousandths < MOST_THOUSANDTHS && thousandths / 1000 === value) {
      this.#byte(TAGS.thousandths);
      this.#count(thousandths);
    } else if (!this.#reference(value)) {
      this.#float(value);
    }
  }

  #float(value: number): void {
    const isShort = Math.fround(value) === value;
    this.#byte(isShort ? TAGS.float32 : TAGS.float64);
    if (isShort) floats.setFloat32(0, value);
    else floats.setFloat64(0, value);
    for (let i = 0; i < (isShort ? 4 : 8); i++) this.#byte(floats.getUint8(i));
  }

  /** A small number together with its tag, or the number after a tag. */
  #counted(number: number, shortTag: number, short: number, tag: number): void {
    if (number < short) {
      this.#byte(shortTag + number);
    } else {
      this.#byte(tag);
      this.#count(number);
    }
  }

  #count(number: number): void {
    let rest = number;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#byte(128 + (rest % 128));
    this.#byte(rest);
  }

  #byte(byte: number): void {
    this.#room(1);
    space[this.#at++] = byte;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= space.length) return;
    const larger = new Uint8Array(2 * (this.#at + bytes));
    larger.set(space.subarray(0, this.#at));
    space = larger;
  }
}

/** Whether an address or a number is written as it would be written again. */
const isCanonical = (digits: string): boolean =>
  tryParseIpv4(digits) !== undefined || String(Number(digits)) === digits;

/** Whether JSON writes a field with this value. */
const isJson = (value: unknown): boolean =>
  value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
