/** A deterministic random number generator: one seed gives one sequence on every machine. Not for secrets. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, `bound`). */
  below(bound: number): number;
  /** True with probability `share`. */
  chance(share: number): boolean;
  /** One element, uniformly. The list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** A new list in random order (Fisher and Yates). */
  shuffle<T>(list: readonly T[]): T[];
  /** A new generator whose sequence depends only on this generator's seed and `label`. */
  fork(label: string): Random;
}

/** Mixes 32 bits: each input bit changes about half of the output bits (finaliser of MurmurHash3). */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of two numbers. */
export function hash32(a: number, b: number): number {
  return mix32(mix32(a) + Math.imul(b | 0, 0x9e3779b1));
}

/** Creates a generator with the sfc32 algorithm (Doty-Humphrey, PractRand) from an integer seed. */
export function createRandom(seed: number): Random {
  let a = mix32(seed);
  let b = mix32(a + 0x9e3779b9);
  let c = mix32(b + 0x9e3779b9);
  let counter = 1;
  const next32 = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i++) next32();
  const random: Random = {
    next: () => next32() / 2 ** 32,
    below: (bound) => Math.floor((next32() / 2 ** 32) * bound),
    chance: (share) => next32() / 2 ** 32 < share,
    pick: (list) => list[random.below(list.length)],
    shuffle: (list) => {
      const copy = [...list];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
    fork: (label) => {
      let h = mix32(seed);
      for (let i = 0; i < label.length; i++) h = hash32(h, label.charCodeAt(i));
      return createRandom(h);
    },
  };
  return random;
}
