import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@revtr/probing';

const DIRECTORY = join(import.meta.dirname, '..', '..', 'corpus');
const MOST_INPUTS = 4_096;
const MOST_BYTES = 16 * 2 ** 20;
const RECENT = 64;

/** The stored inputs of a target, in the order of their names. */
export function storedInputs(target: string): Uint8Array[] {
  const directory = join(DIRECTORY, target);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .sort()
    .map((name) => readFileSync(join(directory, name)));
}

/** Stores an input of a target. Returns the path of the file; its name consists of `kind` and a hash of the content. */
export function storeInput(target: string, kind: 'found' | 'seed', input: Uint8Array): string {
  const directory = join(DIRECTORY, target);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${kind}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`);
  writeFileSync(path, input);
  return path;
}

/** Inputs from which new ones are made. It is bounded: an input that comes when it is full replaces a random one. */
export class Corpus {
  readonly #inputs: Uint8Array[] = [];
  #bytes = 0;

  add(input: Uint8Array, random: Random): void {
    if (this.#inputs.length < MOST_INPUTS && this.#bytes + input.length <= MOST_BYTES) this.#inputs.push(input);
    else {
      const at = random.below(this.#inputs.length);
      this.#bytes -= this.#inputs[at].length;
      this.#inputs[at] = input;
    }
    this.#bytes += input.length;
  }

  get size(): number {
    return this.#inputs.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** An input, uniformly or among the latest: those reach what was reached only lately. */
  pick(random: Random): Uint8Array {
    const { length } = this.#inputs;
    const isRecent = random.chance(0.3);
    return this.#inputs[isRecent ? length - 1 - random.below(Math.min(RECENT, length)) : random.below(length)];
  }

  /** The inputs of at most `maxBytes`, the smallest first. */
  bySize(maxBytes: number): Uint8Array[] {
    return this.#inputs.filter(({ length }) => length <= maxBytes).sort((a, b) => a.length - b.length);
  }
}
