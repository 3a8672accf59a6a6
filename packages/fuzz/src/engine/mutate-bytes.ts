import type { Random } from '@revtr/probing';

/** What a mutation draws from. */
export interface MutationMaterial {
  readonly random: Random;
  /** Words of the language of the parser. */
  readonly words: readonly Uint8Array[];
  /** Another input of the corpus. */
  readonly other: Uint8Array;
  /** Longest result, bytes. */
  readonly maxBytes: number;
}

/** Numbers at which length and range checks go wrong. */
const EDGES = [0, 1, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 1023, 1024, 4095, 4096, 32_767, 32_768];
const LARGE_EDGES = [65_535, 65_536, 2 ** 20, 2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const NUMBERS = [
  '-1',
  '0',
  '00',
  '1e9',
  '256',
  '65536',
  '4294967295',
  '4294967296',
  '9007199254740993',
  '1e999',
  'NaN',
];
const MOST_CHANGES = 6;

/** A changed copy of an input: 1 to 6 changes such as flipped bits, moved parts, words, edge numbers and truncation. */
export function mutateBytes(input: Uint8Array, material: MutationMaterial): Uint8Array {
  const { random, maxBytes } = material;
  let bytes: Uint8Array = input.slice(0, maxBytes);
  for (let changes = 1 + random.below(random.below(MOST_CHANGES) + 1); changes > 0; changes--)
    bytes = change(bytes, material);
  return bytes.length > maxBytes ? bytes.subarray(0, maxBytes) : bytes;
}

function change(bytes: Uint8Array, { random, words, other, maxBytes }: MutationMaterial): Uint8Array {
  const { length } = bytes;
  const at = random.below(length + 1);
  const place = random.below(Math.max(1, length));
  switch (length === 0 ? 8 : random.below(14)) {
    case 0:
      bytes[place] ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[place] = random.below(256);
      return bytes;
    case 2:
      bytes[place] += random.below(33) - 16;
      return bytes;
    case 3:
      return writeNumber(bytes, place, random);
    case 4:
      return splice(bytes, at, random.below(Math.min(length - at, 64) + 1), EMPTY);
    case 5:
      return bytes.slice(0, at);
    case 6: {
      const from = random.below(length);
      return splice(bytes, at, 0, bytes.slice(from, from + 1 + random.below(64)));
    }
    case 7: {
      const from = random.below(length);
      bytes.copyWithin(at, from, from + 1 + random.below(64));
      return bytes;
    }
    case 8:
      return splice(
        bytes,
        at,
        0,
        Uint8Array.from({ length: 1 + random.below(8) }, () => random.below(256)),
      );
    case 9:
      return words.length === 0 ? bytes : splice(bytes, at, 0, random.pick(words));
    case 10: {
      if (words.length === 0) return bytes;
      const word = random.pick(words);
      return splice(bytes, at, word.length, word);
    }
    case 11: {
      const from = random.below(other.length + 1);
      return splice(bytes, at, random.chance(0.5) ? length : 0, other.slice(from, from + 1 + random.below(256)));
    }
    case 12:
      return replaceDigits(bytes, place, random);
    default:
      return random.chance(0.1) ? repeat(bytes, at, maxBytes, random) : bytes;
  }
}

const EMPTY = new Uint8Array();

function splice(bytes: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length, at + removed);
  const result = new Uint8Array(bytes.length - (end - at) + inserted.length);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(bytes.subarray(end), at + inserted.length);
  return result;
}

/** Writes an edge number as 8, 16 or 32 bits of either byte order. */
function writeNumber(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const width = random.pick([1, 2, 2, 4]);
  const number = random.chance(0.3) ? bytes.length + random.below(9) - 4 : random.pick(width === 4 ? ALL_EDGES : EDGES);
  const isBig = random.chance(0.8);
  for (let i = 0; i < width && at + i < bytes.length; i++)
    bytes[at + i] = Math.floor(number / 256 ** (isBig ? width - 1 - i : i));
  return bytes;
}

const ALL_EDGES = [...EDGES, ...LARGE_EDGES];
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

/** Replaces the decimal number at or after a place by another one. */
function replaceDigits(bytes: Uint8Array, place: number, random: Random): Uint8Array {
  let at = place;
  while (at < bytes.length && !isDigit(bytes[at])) at++;
  let end = at;
  while (end < bytes.length && isDigit(bytes[end])) end++;
  if (at === end) return bytes;
  return splice(bytes, at, end - at, Buffer.from(random.pick(NUMBERS)));
}

/** Repeats a short part until the input is long: this finds work that grows faster than the input. */
function repeat(bytes: Uint8Array, at: number, maxBytes: number, random: Random): Uint8Array {
  const part = bytes.slice(at, at + 1 + random.below(16));
  const room = Math.floor((maxBytes - bytes.length) / Math.max(1, part.length));
  if (part.length === 0 || room < 1) return bytes;
  const inserted = new Uint8Array(part.length * (1 + random.below(room)));
  for (let i = 0; i < inserted.length; i += part.length) inserted.set(part, i);
  return splice(bytes, at, 0, inserted);
}
