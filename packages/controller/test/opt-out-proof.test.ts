import { systemClock } from '@revtr/probing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enclosing } from '../src/opt-outs/contact-lookup.ts';
import { readImportList } from '../src/opt-outs/import-list.ts';
import { parseNetwork } from '../src/opt-outs/network.ts';
import { ReverseDnsProof } from '../src/opt-outs/reverse-dns-proof.ts';
import { reverseZones } from '../src/opt-outs/reverse-zone.ts';
import { startNameServer } from './dns-server.ts';

const TOKEN = '00112233445566778899aabbccddeeff';

describe('networks', () => {
  it.each([
    ['192.0.2.0/24', '192.0.2.0/24'],
    [' 192.0.2.7 ', '192.0.2.7/32'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['AS64500', 'AS64500'],
    ['as64500', 'AS64500'],
    ['4200000000', 'AS4200000000'],
  ])('%s is %s', (text, network) => expect(parseNetwork(text).network).toBe(network));

  it.each([
    '',
    '0.0.0.0/0',
    '0.0.0.0/7',
    '192.0.2.1/24',
    '192.0.2.0/33',
    '::/0',
    '2000::/3',
    '2001:db8::1/64',
    '2001:db8::/129',
    '::ffff:192.0.2.1/128',
    'fe80::1%eth0/128',
    '2001:db8::/32/5',
    'AS0',
    'AS4294967296',
    'AS-1',
    'nonsense',
    'x'.repeat(10_000),
  ])('%s is refused', (text) => expect(() => parseNetwork(text)).toThrow(RangeError));

  it('lie in shorter ones', () => {
    expect(enclosing(parseNetwork('192.0.2.128/25')).slice(0, 3)).toEqual([
      '192.0.2.128/25',
      '192.0.2.0/24',
      '192.0.2.0/23',
    ]);
    expect(enclosing(parseNetwork('2001:db8:8000::/33')).slice(0, 2)).toEqual(['2001:db8:8000::/33', '2001:db8::/32']);
    expect(enclosing(parseNetwork('10.0.0.0/8'))).toEqual(['10.0.0.0/8']);
    expect(enclosing(parseNetwork('AS1'))).toEqual(['AS1']);
  });
});

describe('a list of networks to import', () => {
  it('has one network in a line, and comments', () => {
    const list = '# asked in November\r\n192.0.2.0/24 # the office\r\n\r\n  AS64500\n2001:db8::/32\n192.0.2.0/24';
    const read = readImportList(list);
    expect('networks' in read && read.networks.map(({ network }) => network)).toEqual([
      '192.0.2.0/24',
      'AS64500',
      '2001:db8::/32',
    ]);
  });

  it('is bad as a whole when one line is, and says which', () => {
    expect(readImportList('192.0.2.0/24\n\nnonsense\n10.0.0.1/8')).toMatchObject({
      count: 2,
      problems: [{ at: 'line 3' }, { at: 'line 4' }],
    });
    const long = readImportList(`${'x\n'.repeat(100_000)}`);
    expect(long).toMatchObject({ count: 100_000 });
    expect('problems' in long && long.problems.length).toBe(100);
  });
});

describe('reverse zones', () => {
  const zonesOf = (network: string) => reverseZones(parseNetwork(network));

  it('end at octets and nibbles', () => {
    expect(zonesOf('192.0.2.0/24')).toEqual([['2.0.192.in-addr.arpa'], ['0.192.in-addr.arpa'], ['192.in-addr.arpa']]);
    expect(zonesOf('192.0.2.7/32')[0]).toEqual(['7.2.0.192.in-addr.arpa']);
    expect(zonesOf('2001:db8::/32')[0]).toEqual(['8.b.d.0.1.0.0.2.ip6.arpa']);
    expect(zonesOf('AS64500')).toEqual([]);
  });

  it('prove a network between two boundaries all together, or as a classless zone', () => {
    expect(zonesOf('192.0.2.0/23').at(-1)).toEqual(['2.0.192.in-addr.arpa', '3.0.192.in-addr.arpa']);
    expect(zonesOf('192.0.2.128/25').flat()).toContain('128/25.2.0.192.in-addr.arpa');
    expect(zonesOf('2001:db8::/31').at(-1)).toHaveLength(2);
    expect(zonesOf('10.128.0.0/9').flat()).toEqual(['10.in-addr.arpa']);
  });
});

describe('proof by reverse DNS', () => {
  let server: Awaited<ReturnType<typeof startNameServer>>;
  let proof: ReverseDnsProof;
  beforeAll(async () => {
    server = await startNameServer();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.zone.clear();
    proof = new ReverseDnsProof({ dns: server.resolver, clock: systemClock });
  });
  const holds = (network: string): Promise<boolean> => proof.holds(parseNetwork(network), TOKEN);

  it('is a TXT record with the token at the zone of the network or above it', async () => {
    expect(await holds('192.0.2.0/24')).toBe(false);
    server.zone.set('TXT 2.0.192.in-addr.arpa', ['v=spf1 -all', `revtr-opt-out=${TOKEN}`]);
    expect(await holds('192.0.2.0/24')).toBe(true);
    expect(await holds('192.0.2.64/26')).toBe(true);
    expect(await holds('192.0.2.0/23')).toBe(false);
    expect(await holds('192.0.0.0/16')).toBe(false);
    server.zone.set('TXT 3.0.192.in-addr.arpa', [`revtr-opt-out=${TOKEN}`]);
    expect(await holds('192.0.2.0/23')).toBe(true);
    server.zone.set('TXT 8.b.d.0.1.0.0.2.ip6.arpa', [`revtr-opt-out=${TOKEN}`]);
    expect(await holds('2001:db8:1::/48')).toBe(true);
  });

  it('is a PTR record whose host name begins with the token', async () => {
    server.zone.set('PTR 7.2.0.192.in-addr.arpa', [`revtr-opt-out-${TOKEN}.example.net`]);
    expect(await holds('192.0.2.7')).toBe(true);
    server.zone.set('PTR 8.2.0.192.in-addr.arpa', [`x.revtr-opt-out-${TOKEN}.example.net`]);
    expect(await holds('192.0.2.8')).toBe(false);
  });

  it('is not another token, nor text around it', async () => {
    const others = [
      `revtr-opt-out=${TOKEN.slice(1)}`,
      `revtr-opt-out=${TOKEN}0`,
      `x revtr-opt-out=${TOKEN}`,
      TOKEN,
      '',
      '\u0000\u00ff',
    ];
    server.zone.set('TXT 2.0.192.in-addr.arpa', others);
    expect(await holds('192.0.2.0/24')).toBe(false);
  });

  it('is not there when name servers are silent, broken or hostile', async () => {
    const garbage = [
      new Uint8Array(2),
      new Uint8Array(40).fill(255),
      new Uint8Array(512),
      Buffer.from('\0\0\x81\x80\0\x01\xff\xff\0\0\0\0', 'latin1'),
    ];
    for (const answer of [...garbage, 'silence' as const]) {
      server.zone.set('TXT 2.0.192.in-addr.arpa', answer);
      server.zone.set('PTR 2.0.192.in-addr.arpa', answer);
      expect(await holds('192.0.2.0/24')).toBe(false);
    }
    server.zone.set('TXT 2.0.192.in-addr.arpa', ['a'.repeat(1_000)]);
    expect(await holds('192.0.2.0/24')).toBe(false);
  });

  it('asks a bounded number of questions, and is refused to too many at once', async () => {
    for (const network of ['192.0.2.0/25', '10.0.16.0/20', '2001:db8::/127', '2000::/17']) {
      server.asked.length = 0;
      await holds(network);
      expect(server.asked.length).toBeLessThan(60);
    }
    server.zone.set('TXT 2.0.192.in-addr.arpa', [`revtr-opt-out=${TOKEN}`]);
    const answers = await Promise.all(Array.from({ length: 40 }, () => holds('192.0.2.0/24')));
    expect(answers.filter((isProved) => isProved)).toHaveLength(16);
    expect(await holds('192.0.2.0/24')).toBe(true);
  });
});
