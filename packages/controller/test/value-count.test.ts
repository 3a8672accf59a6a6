import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hasMoreValues } from '../src/api/http/value-count.ts';

/** Values in a parsed text, as the tree says. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  const inner = Object.values(value);
  return inner.length === 0 ? 2 : inner.reduce<number>((sum, each) => sum + countOf(each), 1);
}

it('counts the values of every JSON text, whatever its strings hold', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      const count = countOf(JSON.parse(text));
      expect([hasMoreValues(text, count), hasMoreValues(text, count - 1)]).toEqual([false, true]);
    }),
  );
});
