import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPrefix, type Prefix, PrefixSet, prefixContains, prefixOf } from '../src/index.ts';

const address = fc.integer({ min: 0, max: 0xffffffff });
/** Prefixes of all lengths, many of them nested in one /22. */
const prefix = fc
  .tuple(fc.oneof(address, fc.integer({ min: 0x01020400, max: 0x010207ff })), fc.integer({ min: 0, max: 32 }))
  .map(([bits, length]): Prefix => prefixOf(bits, length));
const near = fc.oneof(address, fc.integer({ min: 0x01020400, max: 0x010207ff }));

describe('a set of prefixes', () => {
  it('covers what a list of prefixes contains, through additions and deletions', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ prefix, isAdded: fc.boolean() }), { maxLength: 80 }),
        fc.array(near, { minLength: 1, maxLength: 40 }),
        (steps, targets) => {
          const set = new PrefixSet();
          const model = new Map<string, Prefix>();
          for (const { prefix, isAdded } of steps) {
            const key = formatPrefix(prefix);
            if (isAdded) expect(set.add(prefix)).toBe(!model.has(key));
            else expect(set.delete(prefix)).toBe(model.has(key));
            if (isAdded) model.set(key, prefix);
            else model.delete(key);
          }
          expect(set.size).toBe(model.size);
          for (const target of targets)
            expect(set.covers(target)).toBe([...model.values()].some((one) => prefixContains(one, target)));
        },
      ),
    );
  });

  it('holds the ends of the address space', () => {
    const set = PrefixSet.from([prefixOf(0, 32), prefixOf(0xffffffff, 32), prefixOf(0xff000000, 9)]);
    expect([0, 1, 0xff7fffff, 0xff800000, 0xfffffffe, 0xffffffff].map((target) => set.covers(target))).toEqual([
      true,
      false,
      true,
      false,
      false,
      true,
    ]);
    set.add(prefixOf(0, 0));
    expect(set.covers(0x7fffffff)).toBe(true);
  });

  it('keeps the long prefixes of many networks apart', () => {
    const set = new PrefixSet();
    for (let i = 0; i < 1_000; i++) set.add(prefixOf(0x01000000 + i * 256 + (i % 256), 32));
    for (let i = 0; i < 1_000; i += 2) set.delete(prefixOf(0x01000000 + i * 256 + (i % 256), 32));
    for (let i = 0; i < 1_000; i++) {
      expect(set.covers(0x01000000 + i * 256 + (i % 256))).toBe(i % 2 === 1);
      expect(set.covers(0x01000000 + i * 256 + ((i + 1) % 256))).toBe(false);
    }
  });
});
