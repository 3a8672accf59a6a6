import { describe, expect, it } from 'vitest';
import { LazyList } from '../src/collections/lazy-list.ts';

describe('LazyList', () => {
  it('makes each item once, when it is first asked for', () => {
    const made: string[] = [];
    const list = new LazyList(
      (function* () {
        for (const item of ['a', 'b', 'c']) {
          made.push(item);
          yield item;
        }
      })(),
    );
    expect(made).toEqual([]);
    expect([list.at(1), list.at(0), list.at(1)]).toEqual(['b', 'a', 'b']);
    expect(made).toEqual(['a', 'b']);
    expect([list.at(3), list.at(2), list.at(4)]).toEqual([undefined, 'c', undefined]);
    expect(made).toEqual(['a', 'b', 'c']);
  });
});
