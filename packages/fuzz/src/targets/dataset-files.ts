import type { DatasetKind } from '@revtr/datasets';
import { bytesOf, jsonBytes } from '../target.ts';

/** A small valid file of each kind. */
export const DATASET_FILES: Readonly<Record<DatasetKind, Uint8Array>> = {
  prefix2as: bytesOf(
    '1.0.0.0\t24\t13335\n1.0.4.0\t22\t38803_56203\n\n1.0.64.0\t18\t4847,58851\n5.0.0.0\t8\t4294967295\n',
  ),
  ipasn: bytesOf('; IP-ASN32-DAT file\n; Original file : rib\n1.0.0.0/24\t13335\n1.0.4.0/22\t38803\n'),
  mmdb: mmdb(origin()),
  geolocation: mmdb(position()),
  exchangeAddresses: bytesOf('# IXP interfaces\n195.69.144.1\t1200\n195.69.144.2\tNone\n195.69.144.3\t3333\n'),
  peeringdbAddresses: jsonBytes({
    data: [
      { ipaddr4: '195.69.144.1', ipaddr6: null, asn: 1200 },
      { ipaddr4: null, asn: 5 },
    ],
    meta: {},
  }),
  peeringdbPrefixes: jsonBytes({ data: [{ prefix: '195.69.144.0/21', protocol: 'IPv4' }] }),
  as2org: bytesOf(
    '# format:org_id|changed|org_name|country|source\nLVLT-ARIN|20120130|Level 3|US|ARIN\n# format:aut|changed|aut_name|org_id|opaque_id|source\n1|20180220|LVLT-1|LVLT-ARIN|e5e3|ARIN\n{"type":"ASN","asn":"2","name":"x","organizationId":"o"}\n',
  ),
  relationships: bytesOf('# source:topology\n1|2|-1|bgp\n3|4|0|mlp\n'),
  itdkNodes: bytesOf('# format: node <node_id>: <i1>\nnode N1:  5.2.114.1 5.2.114.9 \nnode N2:  224.0.0.7 5.2.115.1\n'),
  midarSets: bytesOf('# set 1\n5.2.114.1\n5.2.114.9\n# end\n# set 2\n5.2.116.1\n5.2.116.2\n# end\n'),
  hitlist: bytesOf('# score address\n99\t5.2.114.1\n-3\t5.2.115.1\n5.2.116.1\n'),
  ripeProbes: jsonBytes({
    meta: { total_count: 1 },
    objects: [
      {
        id: 6001,
        address_v4: '193.0.0.1',
        asn_v4: 3333,
        status: 1,
        is_anchor: true,
        latitude: 52.4,
        longitude: 4.9,
        tags: ['home'],
      },
    ],
  }),
};

/** Files that bzip2 itself wrote: one line of prefix2as, a run of equal characters, nothing, and two streams in one file. */
export const BZIP2_FILES: readonly Uint8Array[] = [
  'QlpoOTFBWSZTWV25UTsAAATYAAAwAAF+ACAAIaA9TQgyYjscoIBW058XckU4UJBduVE7',
  'QlpoOTFBWSZTWbRbYXsAAAIFABAAIAAgACEAggsXckU4UJC0W2F7',
  'QlpoORdyRThQkAAAAAA=',
  'QlpoORdyRThQkAAAAABCWmg5MUFZJlNZtFthewAAAgUAEAAgACAAIQCCCxdyRThQkLRbYXs=',
].map((text) => Buffer.from(text, 'base64'));

/** An MMDB file (MaxMind DB File Format Specification 2.0) with one node of two 24-bit records; the second leads to the data. */
function mmdb(data: readonly number[]): Uint8Array {
  const uint16 = (value: number): number[] => [0xa2, value >> 8, value & 255];
  const metadata = [
    0xe5,
    ...[...text('binary_format_major_version'), ...uint16(2)],
    ...[...text('database_type'), ...text('Test-ASN')],
    ...[...text('ip_version'), ...uint16(4)],
    ...[...text('node_count'), ...uint32(1)],
    ...[...text('record_size'), ...uint16(24)],
  ];
  const marker = [0xab, 0xcd, 0xef, ...bytesOf('MaxMind.com')];
  return Uint8Array.from([0, 0, 1, 0, 0, 17, ...new Uint8Array(16), ...data, ...marker, ...metadata]);
}

function text(value: string): number[] {
  return [0x40 | value.length, ...bytesOf(value)];
}

function uint32(value: number): number[] {
  return [0xc4, value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255];
}

function double(value: number): number[] {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return [0x68, ...bytes];
}

function origin(): number[] {
  return [0xe1, ...text('autonomous_system_number'), ...uint32(64_500)];
}

function position(): number[] {
  const location = [0xe2, ...text('latitude'), ...double(52.37), ...text('longitude'), ...double(4.9)];
  const city = [0xe1, ...text('names'), 0xe1, ...text('en'), ...text('Amsterdam')];
  return [0xe2, ...text('location'), ...location, ...text('city'), ...city];
}
