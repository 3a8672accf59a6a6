import { parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { networksOfHops, PrefixOrigins, type Relations } from '../src/index.ts';

const ipToAs = new PrefixOrigins([1, 2, 3, 4].map((asn) => ({ prefix: parsePrefix(`${asn}.0.0.0/8`), asn })));
/** 2 is a provider of 1; 1 and 3 are peers. */
const relations: Relations = {
  relationOf: (a, b) => {
    if (a === 2 && b === 1) return 'provider';
    if (a === 1 && b === 2) return 'customer';
    return a * b === 3 ? 'peer' : undefined;
  },
};
type Technique = 'recordRoute' | 'assumedInterdomain';
const networks = (path: string, technique: Technique = 'recordRoute') =>
  networksOfHops(
    [...path].map((asn, i) => ({ address: parseIpv4(`${asn}.0.0.${i}`), technique })),
    { ipToAs, relations },
  )
    .map((network) => network ?? '-')
    .join('');

describe('the networks of hops', () => {
  it('are the origins of the addresses', () => {
    expect(networks('1123')).toBe('1123');
    expect(networks('1923')).toBe('1-23');
  });

  it('are one network where the path returns to it behind one or two hops', () => {
    expect(networks('112133')).toBe('111133');
    expect(networks('1221133')).toBe('1111133');
    expect(networks('191')).toBe('111');
  });

  it('are different ones where more hops lie between, which no border explains', () => {
    expect(networks('12221')).toBe('12221');
  });

  it('are, for an assumed hop with an address of a provider or beside a neighbour, that of the hop before', () => {
    expect(networks('123', 'assumedInterdomain')).toBe('113');
    expect(networks('143', 'assumedInterdomain')).toBe('113');
    expect(networks('342', 'assumedInterdomain')).toBe('342');
    // What was measured needs no such guess.
    expect(networks('123')).toBe('123');
  });
});
