import { describe, expect, it } from 'vitest';
import { generateToken } from '../src/index.ts';

describe('a token', () => {
  it('does not begin with a hyphen, so that programs do not read it as an option', () => {
    const draws = [0b111110 << 2, 0b111110 << 2, 0].map((first) => Buffer.alloc(24, first));
    const expected = Buffer.alloc(24, 0).toString('base64url');
    expect(generateToken(() => draws.shift() ?? Buffer.alloc(24, 0xff))).toBe(expected);
  });
});
