import type { DatasetKind } from '../src/index.ts';
import { mmdbOf, mmdbOfCity } from './mmdb-file.ts';

/** A valid file of each kind, in the form in which its publisher writes it. */
export const GOOD: Readonly<Record<DatasetKind, string | Uint8Array>> = {
  prefix2as: '1.0.0.0\t24\t13335\n1.0.4.0\t22\t38803_56203\n\n1.0.64.0\t18\t4847,58851\n5.0.0.0\t8\t4294967295\n',
  ipasn: '; IP-ASN32-DAT file\n; Original file : rib\n1.0.0.0/24\t13335\n1.0.4.0/22\t38803\n',
  mmdb: mmdbOf(64500),
  geolocation: mmdbOfCity({ latitude: 52.37, longitude: 4.9, city: 'Amsterdam', country: 'NL' }),
  exchangeAddresses: '# IXP interfaces\n195.69.144.1\t1200\n195.69.144.2\tNone\n195.69.144.3\t3333\n',
  peeringdbAddresses: JSON.stringify({
    data: [
      { ipaddr4: '195.69.144.1', ipaddr6: null, asn: 1200 },
      { ipaddr4: null, asn: 5 },
    ],
    meta: {},
  }),
  peeringdbPrefixes: JSON.stringify({
    data: [
      { prefix: '195.69.144.0/21', protocol: 'IPv4' },
      { prefix: '2001:7f8:1::/64', protocol: 'IPv6' },
    ],
  }),
  as2org:
    '# name: AS Org\n# format:org_id|changed|org_name|country|source\nLVLT-ARIN|20120130|Level 3|US|ARIN\n# format:aut|changed|aut_name|org_id|opaque_id|source\n1|20180220|LVLT-1|LVLT-ARIN|e5e3|ARIN\n2|20180220|UDEL|UNIV||ARIN\n',
  relationships: '# source:topology\n1|2|-1|bgp\n3|4|0|mlp\n',
  itdkNodes:
    '# format: node <node_id>: <i1> <i2>\nnode N1:  5.2.114.1 5.2.114.9 \nnode N2:  224.0.0.7 5.2.115.1\nnode N3:  5.2.116.1 5.2.116.2 5.2.116.3\n',
  midarSets: '# set 1\n5.2.114.1\n5.2.114.9\n# end\n# set 2\n5.2.116.1\n5.2.116.2\n# end\n',
  hitlist: '# score address\n99\t5.2.114.1\n-3\t5.2.115.1\n5.2.116.1\n',
  ripeProbes: JSON.stringify({
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
