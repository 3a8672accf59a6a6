import type { Random } from '@revtr/probing';
import { bytesOf, textOf } from '../target.ts';
import { type MutationMaterial, mutateBytes } from './mutate-bytes.ts';

const ODD_NUMBERS = [0, -0, -1, 1, 0.5, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, -1e300, 5e-324];
const ODD_TEXTS = ['', ' ', '\0', '\ud800', '\u202e', '__proto__', 'constructor', '1', '-1', '1e9', 'NaN', '0.0.0.0'];
const ODD_VALUES = [null, true, false, [], {}, [[]], { __proto__: null }];
const MOST_CHANGES = 4;
const MOST_COPIES = 200;
const DEEPEST = 60;
const BYTES_SHARE = 0.2;

/** A changed copy of a JSON text: values replaced, removed, repeated, nested or taken from another input; sometimes its bytes are changed. */
export function mutateJson(input: Uint8Array, material: MutationMaterial): Uint8Array {
  const { random, maxBytes } = material;
  const value = random.chance(BYTES_SHARE) ? undefined : parsed(input);
  if (value === undefined) return mutateBytes(input, material);
  const root = { value };
  for (let changes = 1 + random.below(MOST_CHANGES); changes > 0; changes--) change(root, material);
  const bytes = bytesOf(JSON.stringify(root.value) ?? 'null');
  return bytes.length > maxBytes ? mutateBytes(input, material) : bytes;
}

function parsed(input: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(input));
  } catch {
    return undefined;
  }
}

/** A place in a JSON value. */
interface Place {
  readonly parent: object;
  readonly key: string;
}

function change(root: { value: unknown }, material: MutationMaterial): void {
  const { random } = material;
  const { parent, key } = pickPlace(root, random);
  const kind = random.below(8);
  if (kind === 0 && parent !== root) Reflect.deleteProperty(parent, key);
  else if (kind === 1) repeat(parent, key, random);
  else Reflect.set(parent, key, replacement(Reflect.get(parent, key), material));
}

function replacement(value: unknown, material: MutationMaterial): unknown {
  const { random, words, other } = material;
  switch (random.below(8)) {
    case 0:
      return random.pick(ODD_NUMBERS);
    case 1:
      return random.pick(ODD_TEXTS);
    case 2:
      return structuredClone(random.pick(ODD_VALUES));
    case 3:
      return words.length === 0 ? '' : textOf(random.pick(words));
    case 4:
      return nested(value, random);
    case 5:
      return pickValue(parsed(other), random);
    default:
      return nearby(value, material);
  }
}

function pickPlace(root: { value: unknown }, random: Random): Place {
  let place: Place = { parent: root, key: 'value' };
  for (let depth = 0; depth < DEEPEST; depth++) {
    const value: unknown = Reflect.get(place.parent, place.key);
    if (typeof value !== 'object' || value === null) return place;
    const keys = Object.keys(value);
    if (keys.length === 0 || random.chance(0.15)) return place;
    place = { parent: value, key: random.pick(keys) };
  }
  return place;
}

function pickValue(value: unknown, random: Random): unknown {
  const root = { value };
  const { parent, key } = pickPlace(root, random);
  return structuredClone(Reflect.get(parent, key));
}

function repeat(parent: object, key: string, random: Random): void {
  const value: unknown = Reflect.get(parent, key);
  if (Array.isArray(parent)) {
    const copies = 1 + random.below(random.chance(0.05) ? MOST_COPIES : 4);
    for (let i = 0; i < copies; i++) parent.push(structuredClone(value));
  } else Reflect.set(parent, `${key}${random.below(10)}`, structuredClone(value));
}

function nested(value: unknown, random: Random): unknown {
  let result = value;
  for (let depth = random.below(random.chance(0.05) ? DEEPEST : 3); depth >= 0; depth--)
    result = random.chance(0.5) ? [result] : { a: result };
  return result;
}

/** A value of the same type that differs a little. */
function nearby(value: unknown, material: MutationMaterial): unknown {
  const { random } = material;
  if (typeof value === 'number') return value + random.pick([-1, 1, 0.5, -0.5, 2 ** 16, 2 ** 32]);
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'string') return textOf(mutateBytes(bytesOf(value), material));
  return value;
}
