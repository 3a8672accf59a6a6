import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escaped, escapeText, toJson } from '../src/escape.ts';

/** Bidirectional controls of Unicode (UAX #9, section 2). */
const BIDI = ['\u061c', '\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2069'];

describe('escapeText', () => {
  it('keeps text in any script', () => {
    for (const text of ['plain', 'Zürich', '東京', 'עברית', '👍', 'a\\b']) expect(escapeText(text)).toBe(text);
  });

  it('escapes every C0 and C1 control character and DEL', () => {
    for (let code = 0; code < 0xa0; code++) {
      if (code >= 0x20 && code < 0x7f) continue;
      expect(escapeText(`a${String.fromCharCode(code)}b`)).toBe(`a\\u{${code.toString(16)}}b`);
    }
  });

  it.each(BIDI)('escapes the bidirectional control %j', (character) => {
    expect(escapeText(character)).toMatch(/^\\u\{[0-9a-f]+\}$/);
  });

  it('escapes invisible tags, separators and lone surrogates', () => {
    expect(escapeText('\u{e0041}\u2028\u2029\ufeff\ud800')).toBe('\\u{e0041}\\u{2028}\\u{2029}\\u{feff}\\u{d800}');
  });

  it('leaves nothing to escape', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = escapeText(text);
        expect(escapeText(once)).toBe(once);
      }),
    );
  });
});

describe('escaped', () => {
  it('escapes the strings at every depth and keeps the rest', () => {
    expect(escaped({ a: ['\u001b', 1, null, { b: '\n' }], c: true })).toEqual({
      a: ['\\u{1b}', 1, null, { b: '\\u{a}' }],
      c: true,
    });
    expect(escaped(undefined)).toBeUndefined();
  });
});

describe('toJson', () => {
  it('has the same value and no unsafe character', () => {
    const strings = fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...BIDI, '\u009b', '\u{e0041}')));
    fc.assert(
      fc.property(strings, (value) => {
        for (const indent of [undefined, 2]) {
          const json = toJson({ value }, indent);
          expect(JSON.parse(json)).toEqual({ value });
          expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
      }),
    );
  });
});
