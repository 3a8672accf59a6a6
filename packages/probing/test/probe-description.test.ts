import { describe, expect, it } from 'vitest';
import { contactPayload, formatProbingTxt, MOST_CONTACT_CHARACTERS, parseContact } from '../src/index.ts';

describe('the contact of an operator', () => {
  it.each([
    ['probes@example.net', 'mailto:probes@example.net'],
    ['mailto:probes@example.net', 'mailto:probes@example.net'],
    ['https://example.net/about', 'https://example.net/about'],
  ])('%s is the URI %s', (text, uri) => expect(parseContact(text)).toBe(uri));

  it.each([
    '',
    'nobody',
    'javascript:alert(1)',
    'https://',
    'https://exa mple.net',
    'https://example.net/\n',
    'https://example.net/é',
    'a@b\r\nExpires: never',
    `https://example.net/${'x'.repeat(MOST_CONTACT_CHARACTERS)}`,
  ])('%j is refused', (text) => expect(() => parseContact(text)).toThrow(RangeError));

  it('stands in a payload between zero bytes (RFC 9511 section 4)', () => {
    expect(Buffer.from(contactPayload('mailto:a@b', true)).toString('latin1')).toBe('mailto:a@b\0');
    expect(Buffer.from(contactPayload('mailto:a@b', false)).toString('latin1')).toBe('\0mailto:a@b\0');
  });

  it('stands in a file with one field in a line (RFC 9116 section 2.3)', () => {
    const text = formatProbingTxt({
      contact: 'mailto:a@b',
      canonical: 'https://192.0.2.1/.well-known/probing.txt',
      expires: new Date('2026-11-20T10:00:00Z'),
    });
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(/^[A-Z][A-Za-z-]*: \S.*$/);
    expect(text).toContain('Expires: 2026-11-20T10:00:00.000Z\n');
  });
});
