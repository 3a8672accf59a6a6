import { isIPv4 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIpv4,
  formatPrefix,
  isGloballyReachable,
  lastAddressOf,
  NetError,
  parseIpv4,
  parsePrefix,
  prefixContains,
  prefixOf,
  specialPurposeOf,
  tryParseIpv4,
} from '../src/index.ts';

const address = fc.integer({ min: 0, max: 0xffffffff });

describe('addresses', () => {
  it('round-trips every address', () => {
    fc.assert(fc.property(address, (value) => parseIpv4(formatIpv4(value)) === value));
  });

  it("agrees with Node's own judgement on any text", () => {
    const nearMiss = fc.array(fc.constantFrom('0', '1', '25', '255', '256', '.', '..', ' ', '-1', 'x', '007'), {
      maxLength: 9,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          nearMiss.map((parts) => parts.join('')),
        ),
        (text) => {
          expect(tryParseIpv4(text) !== undefined).toBe(isIPv4(text));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('quotes the refused text in the error', () => {
    expect(() => parseIpv4('1.2.3')).toThrow(NetError);
    expect(() => parseIpv4('1.2.3')).toThrow("'1.2.3'");
  });
});

describe('prefixes', () => {
  it('round-trips every prefix and contains exactly its range', () => {
    fc.assert(
      fc.property(address, fc.integer({ min: 0, max: 32 }), address, (base, length, other) => {
        const prefix = prefixOf(base, length);
        expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
        expect(prefixContains(prefix, base)).toBe(true);
        expect(prefixContains(prefix, other)).toBe(other >= prefix.address && other <= lastAddressOf(prefix));
      }),
    );
  });

  it.each(['1.2.3.4/24', '1.2.3.0', '1.2.3.0/33', '1.2.3.0/', '/8', '1.2.3.0/08', '1.2.3.0/-1'])(
    'refuses %s',
    (text) => {
      expect(() => parsePrefix(text)).toThrow(NetError);
    },
  );
});

describe('special-purpose ranges', () => {
  it.each([
    ['10.1.2.3', 'RFC 1918'],
    ['100.64.0.1', 'RFC 6598'],
    ['192.0.0.9', 'RFC 7723'],
    ['255.255.255.255', 'RFC 8190'],
    ['239.1.1.1', 'RFC 5771'],
  ])('%s belongs to %s', (text, rfc) => {
    expect(specialPurposeOf(parseIpv4(text))?.rfc).toBe(rfc);
  });

  it('permit ordinary unicast addresses only', () => {
    expect(isGloballyReachable(parseIpv4('8.8.8.8'))).toBe(true);
    expect(isGloballyReachable(parseIpv4('192.0.0.10'))).toBe(true);
    for (const text of ['0.0.0.0', '127.0.0.1', '172.31.255.255', '203.0.113.7', '198.19.0.1', '240.0.0.1']) {
      expect(isGloballyReachable(parseIpv4(text))).toBe(false);
    }
  });
});
