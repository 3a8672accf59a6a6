import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { formatPrefix, parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { DATASET_KINDS, DatasetError, type DatasetKind, readDataset } from '../src/index.ts';
import { GOOD } from './good-files.ts';

const ip = parseIpv4;
const read = async (kind: DatasetKind, file: string | Uint8Array) =>
  readDataset(kind, Readable.from([Buffer.from(file)]));
const faultOf = async (kind: DatasetKind, file: string | Uint8Array): Promise<[string, number | undefined]> => {
  try {
    await read(kind, file);
    return ['none', undefined];
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return [error.code, error.line];
  }
};
const originsOf = (value: Awaited<ReturnType<typeof read>>): string[] => {
  if (!('columns' in value)) throw new Error('no origins');
  const { addresses, lengths, values } = value.columns;
  return Array.from(addresses, (address, i) => `${formatPrefix({ address, length: lengths[i] })} ${values[i] >>> 0}`);
};

describe('dataset formats', () => {
  it('give the origin AS of prefixes, and the first one of several', async () => {
    expect(originsOf(await read('prefix2as', GOOD.prefix2as))).toEqual([
      '1.0.0.0/24 13335',
      '1.0.4.0/22 38803',
      '1.0.64.0/18 4847',
      '5.0.0.0/8 4294967295',
    ]);
    expect(originsOf(await read('ipasn', GOOD.ipasn))).toEqual(['1.0.0.0/24 13335', '1.0.4.0/22 38803']);
  });

  it('report the number of entries', async () => {
    const counts = await Promise.all(DATASET_KINDS.map(async (kind) => (await read(kind, GOOD[kind])).entries));
    expect(Object.fromEntries(DATASET_KINDS.map((kind, i) => [kind, counts[i]]))).toMatchObject({
      exchangeAddresses: 2,
      peeringdbAddresses: 1,
      peeringdbPrefixes: 1,
      as2org: 2,
      relationships: 2,
      itdkNodes: 2,
      midarSets: 2,
      hitlist: 2,
      ripeProbes: 1,
    });
  });

  it('give names, organisations and relationships of ASes', async () => {
    const names = await read('as2org', GOOD.as2org);
    expect('names' in names && names.names.get(1)).toEqual({ name: 'LVLT-1', organisation: 'Level 3', country: 'US' });
    expect('names' in names && names.names.get(2)).toEqual({
      name: 'UDEL',
      organisation: undefined,
      country: undefined,
    });
    const lines = [
      { type: 'Organization', organizationId: 'O1', name: 'One', country: 'NL' },
      { type: 'ASN', asn: '7', name: 'SEVEN', organizationId: 'O1' },
    ];
    const json = await read('as2org', lines.map((line) => JSON.stringify(line)).join('\n'));
    expect('names' in json && json.names.get(7)).toEqual({ name: 'SEVEN', organisation: 'One', country: 'NL' });
    const relations = await read('relationships', GOOD.relationships);
    if (!('relationOf' in relations)) throw new Error('no relations');
    expect([relations.relationOf(1, 2), relations.relationOf(2, 1)]).toEqual(['provider', 'customer']);
    expect([relations.relationOf(3, 4), relations.relationOf(4, 3)]).toEqual(['peer', 'peer']);
    expect(relations.relationOf(1, 3)).toBeUndefined();
  });

  it('leave out placeholders and routers with one address from alias sets', async () => {
    const nodes = await read('itdkNodes', GOOD.itdkNodes);
    expect('sets' in nodes && nodes.sets).toEqual([
      ['5.2.114.1', '5.2.114.9'].map(ip),
      ['5.2.116.1', '5.2.116.2', '5.2.116.3'].map(ip),
    ]);
  });

  it('give the origin AS of addresses from an MMDB file', async () => {
    const origins = await read('mmdb', GOOD.mmdb);
    if (!('originOf' in origins)) throw new Error('no origins');
    expect(origins.originOf(ip('200.1.2.3'))).toBe(64500);
    expect(origins.originOf(ip('100.1.2.3'))).toBeUndefined();
  });

  it('read RIPE Atlas probes from the archive, from the API and from an array', async () => {
    const [probe] = JSON.parse(String(GOOD.ripeProbes)).objects;
    for (const file of [{ objects: [probe] }, { results: [probe] }, [probe]]) {
      const list = await read('ripeProbes', JSON.stringify(file));
      expect('probes' in list && list.probes).toMatchObject([
        {
          id: 6001,
          asn: 3333,
          isAnchor: true,
          isConnected: true,
          place: { latitude: 52.4, longitude: 4.9 },
          tags: ['home'],
        },
      ]);
    }
  });

  it('may be compressed by gzip and by bzip2', async () => {
    expect(originsOf(await read('prefix2as', gzipSync(GOOD.prefix2as)))).toHaveLength(4);
    const packed = execFileSync('bzip2', ['-c'], { input: GOOD.itdkNodes });
    const nodes = await read('itdkNodes', packed);
    expect('sets' in nodes && nodes.sets).toHaveLength(2);
  });

  it('report truncated, empty and wrong files, with the line', async () => {
    for (const kind of DATASET_KINDS) {
      expect([kind, (await faultOf(kind, ''))[0]]).toEqual([kind, 'empty']);
      expect([kind, (await faultOf(kind, '<html>not found</html>\n'))[0]]).not.toEqual([kind, 'none']);
      const packed = gzipSync(GOOD[kind]);
      expect([kind, (await faultOf(kind, packed.subarray(0, packed.length - 12)))[0]]).toEqual([kind, 'truncated']);
    }
    expect(await faultOf('prefix2as', '1.0.0.0\t24\t1\n1.0.0.0\t33\t1\n')).toEqual(['badLine', 2]);
    expect(await faultOf('prefix2as', '1.0.0.0\t24\t1\n\n1.0.4.0\t2')).toEqual(['badLine', 3]);
    expect(await faultOf('ipasn', '1.0.0.0\t1\n')).toEqual(['badLine', 1]);
    expect(await faultOf('midarSets', '# set 1\n1.1.1.1\n1.1.1.2\n')).toEqual(['truncated', 3]);
    expect(await faultOf('itdkNodes', 'node N1:  1.2.3.4 1.2.3\n')).toEqual(['badLine', 1]);
    expect(await faultOf('relationships', '1|2|7\n')).toEqual(['badLine', 1]);
    expect((await faultOf('peeringdbPrefixes', '{"data": [{"prefix": "1.2.3.4/8"}]}'))[0]).toBe('badEntry');
    expect((await faultOf('peeringdbAddresses', '{"data": {}}'))[0]).toBe('wrongFormat');
    expect((await faultOf('ripeProbes', '{"objects": [{"id": 1}, {"x": 1}]}'))[0]).toBe('wrongFormat');
    expect((await faultOf('mmdb', Buffer.from(GOOD.mmdb).subarray(0, 40)))[0]).toBe('truncated');
  });
});
