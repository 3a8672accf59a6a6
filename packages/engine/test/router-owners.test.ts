import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AliasSets, ObservedRouters, PrefixOrigins, RouterOwners } from '../src/index.ts';
import { relationsFrom } from './support/relations.ts';

const ipToAs = new PrefixOrigins([1, 2, 3, 4].map((asn) => ({ prefix: parsePrefix(`${asn}.0.0.0/8`), asn })));
const address = (text: string): Ipv4Address => parseIpv4(text.replace(/^(\d+)\.(\d+)$/, '$1.0.0.$2'));

interface Seen {
  /** Traceroutes, each a list of addresses such as `1.7` (1.0.0.7) or `*`; the first and the last one are hosts. */
  readonly traced?: readonly string[];
  /** Stamps of Record Route answers, in order. */
  readonly stamped?: readonly string[];
  readonly aliases?: readonly (readonly string[])[];
  readonly capacity?: number;
}

async function ownersFrom(relations: string, { traced = [], stamped = [], aliases: sets = [], capacity = 100 }: Seen) {
  const aliases = new AliasSets(sets.map((set) => set.map(address)));
  const routers = new ObservedRouters(aliases, { capacity });
  const parse = (path: string): (Ipv4Address | undefined)[] =>
    path.split(' ').map((hop) => (hop === '*' ? undefined : address(hop)));
  for (const hops of traced.map(parse))
    hops.forEach((hop, i) => {
      if (hop === undefined) return;
      if (i === 0 || i === hops.length - 1) routers.addHost(hop);
      else routers.addTraced(hops[i - 1], hop, hops[i + 1]);
    });
  for (const hops of stamped.map(parse))
    for (const [i, hop] of hops.entries()) if (hop !== undefined) routers.addStamp(hops[i - 1], hop, hops[i + 1]);
  let pauses = 0;
  const owners = new RouterOwners({ aliases, ipToAs, relations: relationsFrom(relations) });
  await owners.learn(routers, async () => {
    pauses++;
  });
  return { of: (text: string) => owners.ownerOf(address(text))?.asn, owners, routers, pauses: () => pauses };
}

describe('owners of routers', () => {
  it('are the customer where traceroutes go from a provider’s address into one customer only', async () => {
    // bdrmap, section 4: 1.9 is the customer's end of the link that the provider numbers.
    const { of } = await ownersFrom('1>2', {
      traced: ['1.1 1.2 1.9 2.1 2.2 2.50', '1.3 1.4 1.9 2.3 2.4 2.51', '1.5 1.2 1.9 2.1 2.6 2.52'],
    });
    expect(of('1.9')).toBe(2);
    expect([of('1.2'), of('1.4'), of('2.1'), of('2.3')]).toEqual([1, 1, 2, 2]);
  });

  it('are the provider where traceroutes go from its address to several customers', async () => {
    const { of } = await ownersFrom('1>2 1>3', {
      traced: ['1.1 1.2 1.5 1.9 2.1 2.50', '1.1 1.2 1.5 1.8 3.1 3.50', '1.1 1.2 1.5 1.6 1.7 1.50'],
    });
    expect(of('1.5')).toBe(1);
    expect([of('1.9'), of('1.8')]).toEqual([2, 3]);
  });

  it('are the customer where Record Route shows a provider’s address right behind the customer’s', async () => {
    const { of } = await ownersFrom('1>2', { stamped: ['2.50 2.1 2.2 1.9 1.2 1.1', '2.51 2.4 2.2 1.9 1.2 1.3'] });
    expect(of('1.9')).toBe(2);
    expect([of('1.2'), of('2.2')]).toEqual([1, 2]);
  });

  it('are the peer whose routers follow on several links, as one border link is likelier than many', async () => {
    // Peers number their links from the addresses of either, so that the address alone says little (MAP-IT, section 3).
    const { of } = await ownersFrom('1-2', {
      traced: ['1.1 1.2 1.9 2.1 2.50', '1.1 1.2 1.9 2.3 2.51', '1.1 1.2 1.9 2.5 2.52'],
    });
    expect(of('1.9')).toBe(2);
  });

  it('combine traceroutes in one direction with Record Route in the other', async () => {
    const traced = ['1.1 1.2 1.9 2.1 2.50', '1.1 1.2 1.9 2.3 2.51'];
    const stamped = ['2.60 2.4 2.5 1.9 1.2 1.1', '2.61 2.6 2.7 1.9 1.2 1.3'];
    expect((await ownersFrom('1-2', { traced })).of('1.9')).toBe(1);
    expect((await ownersFrom('1-2', { traced, stamped })).of('1.9')).toBe(2);
  });

  it('are the same for all aliases of a router', async () => {
    const { of, owners } = await ownersFrom('1>2', {
      traced: ['1.1 1.2 1.9 2.1 2.50', '1.3 1.4 1.9 2.3 2.51'],
      aliases: [['1.9', '1.77']],
    });
    expect([of('1.9'), of('1.77')]).toEqual([2, 2]);
    expect(owners.ownerOf(address('1.9'))?.margin).toBeGreaterThan(0);
  });

  it('are found for addresses that nothing announces, from the routers around', async () => {
    const { of } = await ownersFrom('1>2', { traced: ['1.1 1.2 9.1 1.4 1.9 2.1 2.50', '1.5 1.2 9.1 1.6 1.50'] });
    expect(of('9.1')).toBe(1);
  });

  it('are not given to hosts, private addresses and what was never seen', async () => {
    const { of, routers } = await ownersFrom('1>2', {
      traced: ['1.1 1.2 10.0.0.1 1.3 2.50'],
      stamped: ['2.9 10.0.0.1 192.168.0.1 1.2'],
    });
    expect([of('1.1'), of('2.50'), of('10.0.0.1'), of('192.168.0.1'), of('4.4')]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(
      [...routers.routers()].flatMap(([, seen]) => seen.flatMap(({ linked, beyond }) => [linked, beyond])),
    ).not.toContain(parseIpv4('10.0.0.1'));
  });

  it('are forgotten when the atlas no longer shows the router, and bounded in number', async () => {
    const { owners, routers } = await ownersFrom('1>2', { traced: ['1.1 1.2 1.3 1.4 1.5 1.50'], capacity: 2 });
    expect(routers.size).toBe(2);
    expect(owners.ownerOf(address('1.2'))?.asn).toBe(1);
    expect(owners.ownerOf(address('1.5'))).toBeUndefined();
    await owners.learn(new ObservedRouters(new AliasSets(), { capacity: 2 }), async () => undefined);
    expect(owners.ownerOf(address('1.2'))).toBeUndefined();
  });

  it('are learned in batches, with pauses for other work', async () => {
    const traced = Array.from(
      { length: 1_200 },
      (_, i) => `1.1 1.1.${i >> 8}.${i & 255} 1.2.${i >> 8}.${i & 255} 1.50`,
    );
    const { pauses } = await ownersFrom('1>2', { traced, capacity: 10_000 });
    expect(pauses()).toBeGreaterThan(3);
  });
});
