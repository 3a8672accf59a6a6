import { parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import {
  asPathOf,
  type Evidence,
  type HopNetwork,
  type NetworkedHop,
  networksOfHops,
  type Owners,
  PrefixOrigins,
} from '../src/index.ts';
import { relationsFrom } from './support/relations.ts';

const ipToAs = new PrefixOrigins([1, 2, 3, 4, 5].map((asn) => ({ prefix: parsePrefix(`${asn}.0.0.0/8`), asn })));

const at = parseIpv4('9.9.9.9');
const EVIDENCE: Readonly<Record<string, Evidence>> = {
  d: { type: 'destination' },
  t: { type: 'atlas', match: 'exact', tracerouteId: 1, platform: 'ripeAtlas', origin: at, at: 0, met: at },
  r: { type: 'recordRoute', target: at, sender: at, slot: 0, turn: 'stamp', at: 0 },
  f: { type: 'symmetry', target: at, adjacent: true, isGateway: false, at: 0 },
};

/**
 * The hops of a path such as `d1 r1 t2 t*`: how each is known (destination, traceroute, Record Route, forward path), and which network announces
 * its address (`*` for none).
 */
const hopsOf = (path: string): NetworkedHop[] =>
  path.split(' ').map(([kind, asn], i) => ({
    address: parseIpv4(`${asn === '*' ? 99 : asn}.0.0.${i}`),
    evidence: EVIDENCE[kind],
    confidence: 1 - i / 100,
  }));

const find = (path: string, relations: string, owners?: Owners): HopNetwork[] =>
  networksOfHops(hopsOf(path), { ipToAs, relations: relationsFrom(relations), ...(owners && { owners }) });
const networks = (...args: Parameters<typeof find>): string =>
  find(...args)
    .map(({ asn }) => asn ?? '-')
    .join('');

describe('the networks of the hops of a path', () => {
  it('are the origins of the addresses inside a network, and of hosts', () => {
    expect(networks('d1 r1 r1 t2 t2 t2', '2>1')).toBe('111222');
    expect(networksOfHops([], { ipToAs, relations: relationsFrom('') })).toEqual([]);
    expect(networks('d*', '')).toBe('-');
  });

  it('show a network whose only router has an address of its provider', () => {
    // bdrmap, section 4: the provider numbers the link to its customer. 3 is reached by an address of 2, which has one router on the path.
    expect(asPathOf(find('d1 t1 t1 t2 t3 t3', '1>2 2>3'))).toEqual([1, 2, 3]);
  });

  it('count an address of a provider that stands alone as the customer’s', () => {
    // The first address of 3 is on the border router of 1: 2, whose address would follow, is a provider of the forward path only.
    expect(networks('d1 f1 f2 t3 t3 t3', '2>1 3>1 3>2')).toBe('111333');
    // 1 is a customer of 3 and of 4, which are peers: the forward path entered by 4, the reverse path leaves by 3.
    expect(networks('d1 f1 f4 r3 r3 t3', '3>1 4>1 3-4')).toBe('111333');
  });

  it('belong to the networks around, where nothing announces the address', () => {
    expect(networks('d1 r1 r* r1 t2 t2', '2>1')).toBe('111122');
    expect(asPathOf(find('d1 r* r* t2 t2', '2>1'))).toEqual([1, 2]);
  });

  it('do not return to a network because of a third-party address', () => {
    expect(asPathOf(find('d1 r1 r5 r1 t2 t2', '2>1'))).toEqual([1, 2]);
    expect(asPathOf(find('d1 t2 t2 t5 t2 t3 t3', '2>1 2>3 5>2'))).toEqual([1, 2, 3]);
  });

  it('follow the atlas where it is sure, and the path where it is not', () => {
    const owners = (margin: number): Owners => ({
      ownerOf: (address) => (address === parseIpv4('3.0.0.2') ? { asn: 2, margin } : undefined),
    });
    // Network 2 has one router on the path, which stamps an address of its provider 3.
    const path = 'd1 r1 r3 r3 r3 t3';
    const relations = '2>1 3>2 3>1';
    expect(networks(path, relations, owners(20))).toBe('112333');
    expect(asPathOf(find(path, relations, owners(0.1)))).toEqual([1, 3]);
  });

  it('contain the only network between a provider and a customer that are no neighbours, as a hidden one', () => {
    const found = find('d1 t1 t1 t3 t3 t3', '1>2 2>3');
    expect(found.map(({ asn }) => asn)).toEqual([1, 1, 1, 3, 3, 3]);
    expect(asPathOf(found)).toEqual([1, 2, 3]);
    const hidden = found.flatMap(({ hiddenNetwork }, i) => (hiddenNetwork ? [{ i, ...hiddenNetwork }] : []));
    expect(hidden).toHaveLength(1);
    expect(hidden[0]).toMatchObject({ i: 2, asn: 2 });
    // It is no more likely than the hops around it.
    expect(hidden[0].confidence).toBeLessThan(0.97);
    expect(hidden[0].confidence).toBeGreaterThan(0.5);
  });

  it('contain no hidden network where several, none, or a provider could be it', () => {
    expect(asPathOf(find('d1 t1 t1 t3 t3 t3', '1>2 2>3 1>4 4>3'))).toEqual([1, 3]);
    expect(asPathOf(find('d1 t1 t1 t3 t3 t3', ''))).toEqual([1, 3]);
    expect(asPathOf(find('d1 r1 r1 r3 r3 t3', '2>1 3>2'))).toEqual([1, 3]);
    expect(asPathOf(find('d1 t1 t1 t3 t3 t3', '1>2 2>3 1>3'))).toEqual([1, 3]);
  });
});
