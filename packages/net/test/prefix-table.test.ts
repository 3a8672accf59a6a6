import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastAddressOf, NetError, NO_MATCH, type Prefix, PrefixTable, prefixContains, prefixOf } from '../src/index.ts';

/** Few distinct bits, so that prefixes nest, touch and repeat. */
const prefix = fc
  .tuple(
    fc.constantFrom(0, 0x0a000000, 0x0aff0000, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff),
    fc.nat(0xffff),
    fc.nat(32),
  )
  .map(([high, low, length]) => prefixOf((high ^ low) >>> 0, length));

function longestMatch(prefixes: readonly Prefix[], address: number): number {
  let best = -1;
  prefixes.forEach((candidate, i) => {
    if (prefixContains(candidate, address) && (best < 0 || candidate.length >= prefixes[best].length)) best = i;
  });
  return best;
}

describe('PrefixTable', () => {
  it('answers as a linear search does, at every boundary', () => {
    fc.assert(
      fc.property(
        fc.array(prefix, { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 0xffffffff })),
        (prefixes, addresses) => {
          const table = PrefixTable.from(prefixes.map((p, value) => ({ prefix: p, value })));
          const edges = prefixes.flatMap((p) => [
            p.address,
            lastAddressOf(p),
            (p.address - 1) >>> 0,
            (lastAddressOf(p) + 1) >>> 0,
          ]);
          for (const address of [...addresses, ...edges, 0, 0xffffffff]) {
            const expected = longestMatch(prefixes, address);
            expect(table.lookup(address)).toBe(expected < 0 ? NO_MATCH : expected);
            expect(table.lookupPrefix(address)).toEqual(expected < 0 ? undefined : prefixes[expected]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('refuses rows that are not prefixes', () => {
    expect(() => PrefixTable.from([{ prefix: { address: 1, length: 8 }, value: 0 }])).toThrow(NetError);
    expect(() => PrefixTable.from([{ prefix: { address: 0, length: 33 }, value: 0 }])).toThrow(NetError);
  });

  it('holds a million prefixes in 64 MiB', () => {
    const count = 1_000_000;
    const addresses = new Uint32Array(count);
    const lengths = new Uint8Array(count);
    for (let i = 0; i < count; i++) {
      lengths[i] = 12 + (i % 21);
      addresses[i] = prefixOf(Math.imul(i, 2654435761) >>> 0, lengths[i]).address;
    }
    const table = new PrefixTable({ addresses, lengths, values: new Int32Array(count) });
    expect(table.size).toBe(count);
    expect(table.byteLength).toBeLessThanOrEqual(64 * 2 ** 20);
  });
});
