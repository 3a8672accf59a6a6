import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { longList } from '../src/foundation/long-list.ts';

let visited = 0;
const element = z.preprocess(
  (value) => {
    visited++;
    return value;
  },
  z.strictObject({ name: z.string(), size: z.int().optional() }),
);
const listOf = (length: number, value: unknown) => Array.from({ length }, () => value);

describe('a long list', () => {
  it('is read as an array is', () => {
    const schema = longList(element, { least: 1, most: 3 });
    const array = z.array(element).min(1).max(3);
    for (const value of [[{ name: 'a' }, { name: 'b', size: 1 }], [], listOf(4, { name: 'a' }), 'text', undefined])
      expect(schema.safeParse(value)).toEqual(array.safeParse(value));
    for (const value of [[{ name: 'a' }, { name: 1 }], [{ extra: 1 }]])
      expect(schema.safeParse(value).error?.issues).toEqual(array.safeParse(value).error?.issues);
  });

  it('is described as an array is', () => {
    const named = z.object({ name: z.string() });
    const described = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' });
    expect(described(longList(named, { least: 1, most: 3 }))).toEqual(described(z.array(named).min(1).max(3)));
  });

  it('has at most a hundred faults, after which nothing is looked at', () => {
    visited = 0;
    const { error } = longList(element).safeParse(listOf(10_000, { size: 'large' }));
    expect([error?.issues.length, visited]).toEqual([100, 50]);
  });

  it('that is too long is refused before its elements are looked at', () => {
    visited = 0;
    const { error } = longList(element, { most: 1_000 }).safeParse(listOf(1_001, {}));
    expect(error?.issues).toMatchObject([{ code: 'too_big', path: [] }]);
    expect(visited).toBe(0);
  });
});
