import { DatasetError } from '../../errors.ts';
import type { StepBudget } from './step-budget.ts';
import type { WantedFields } from './wanted-fields.ts';

const POINTER = 1;
const TEXT = 2;
const DOUBLE = 3;
const UNSIGNED = new Set([5, 6, 9]);
const MAP = 7;
const ARRAY = 11;
const BOOLEAN = 14;
const FLOAT = 15;
/** Number of bytes of a pointer after its control byte, and the value to add, by its size bits. */
const POINTERS = [
  { bytes: 1, offset: 0 },
  { bytes: 2, offset: 2_048 },
  { bytes: 3, offset: 526_336 },
  { bytes: 4, offset: 0 },
];

interface Head {
  readonly type: number;
  /** Bytes of a value, or elements of a map or array; for a pointer the offset it points to. */
  readonly size: number;
  /** Offset of the first byte after the head. */
  readonly next: number;
}

/**
 * Reads single fields of maps in a data section of an MMDB file (MaxMind DB File Format Specification 2.0, "Output Data Section").
 * Unused values are skipped and their pointers are not followed: nested pointers cost nothing.
 */
export class DataSection {
  readonly #bytes: Buffer;
  readonly #budget: StepBudget;

  constructor(bytes: Buffer, budget: StepBudget) {
    this.#bytes = bytes;
    this.#budget = budget;
  }

  /**
   * The wanted fields of the map at an offset, and of the maps in it, that are text or numbers, by their names with dots.
   * @throws {DatasetError} `damaged`
   */
  fieldsAt(offset: number, wanted: WantedFields): Map<string, string | number> {
    const fields = new Map<string, string | number>();
    this.#readMap(offset, '', wanted, fields);
    return fields;
  }

  /** Nests as deep as the names of wanted fields. */
  #readMap(offset: number, prefix: string, wanted: WantedFields, fields: Map<string, string | number>): void {
    const { type, size, next } = this.#resolved(offset);
    if (type !== MAP) {
      if (prefix === '') throw damaged('a record is not a map');
      return;
    }
    let at = next;
    for (let pair = 0; pair < size; pair++) {
      const key = this.#scalarAt(at);
      at = this.#skip(at);
      if (typeof key === 'string') {
        const name = `${prefix}${key}`;
        const value = wanted.names.has(name) ? this.#scalarAt(at) : undefined;
        if (value !== undefined) fields.set(name, value);
        else if (wanted.maps.has(name)) this.#readMap(at, `${name}.`, wanted, fields);
      }
      at = this.#skip(at);
    }
  }

  #scalarAt(offset: number): string | number | undefined {
    const { type, size, next } = this.#resolved(offset);
    if (type === TEXT) return this.#slice(next, size).toString('utf8');
    if (type === DOUBLE && size === 8) return this.#slice(next, size).readDoubleBE();
    if (type === FLOAT && size === 4) return this.#slice(next, size).readFloatBE();
    if (!UNSIGNED.has(type) || size > 6) return undefined;
    return size === 0 ? 0 : this.#slice(next, size).readUIntBE(0, size);
  }

  /** The head at an offset, or the one that a pointer there leads to. Pointers to pointers are not allowed. */
  #resolved(offset: number): Head {
    const head = this.#head(offset);
    if (head.type !== POINTER) return head;
    const target = this.#head(head.size);
    if (target.type === POINTER) throw damaged('a pointer leads to a pointer');
    return target;
  }

  /** The offset after the value at an offset. */
  #skip(offset: number): number {
    let at = offset;
    for (let pending = 1; pending > 0; pending--) {
      const { type, size, next } = this.#head(at);
      if (type === MAP) pending += 2 * size;
      else if (type === ARRAY) pending += size;
      const hasBytes = type !== MAP && type !== ARRAY && type !== BOOLEAN && type !== POINTER;
      at = hasBytes ? next + size : next;
    }
    return at;
  }

  #head(offset: number): Head {
    this.#budget.step();
    const control = this.#slice(offset, 1)[0];
    const bits = control & 0x1f;
    if (control >> 5 === POINTER) return this.#pointer(bits, offset + 1);
    const isExtended = control >> 5 === 0;
    const type = isExtended ? 7 + this.#slice(offset + 1, 1)[0] : control >> 5;
    const next = offset + (isExtended ? 2 : 1);
    if (bits < 29) return { type, size: bits, next };
    const bytes = bits - 28;
    const base = [29, 285, 65_821][bytes - 1];
    return { type, size: base + this.#slice(next, bytes).readUIntBE(0, bytes), next: next + bytes };
  }

  #pointer(bits: number, next: number): Head {
    const { bytes, offset } = POINTERS[bits >> 3];
    const high = bytes === 4 ? 0 : (bits & 7) * 2 ** (8 * bytes);
    const size = high + this.#slice(next, bytes).readUIntBE(0, bytes) + offset;
    return { type: POINTER, size, next: next + bytes };
  }

  #slice(offset: number, length: number): Buffer {
    if (offset < 0 || offset + length > this.#bytes.length) throw damaged('a value is outside of the data');
    return this.#bytes.subarray(offset, offset + length);
  }
}

/** The error of an MMDB file that contradicts itself. */
export function damaged(reason: string): DatasetError<'damaged'> {
  return new DatasetError('damaged', `the MMDB file is damaged: ${reason}`, { reason });
}
