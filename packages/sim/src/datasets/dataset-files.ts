import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import type { PublicData } from './public-data.ts';
import { probeJson, type SimulatedProbe } from './ripe-probes.ts';

/** Formats the published datasets as files in the formats of the real ones; the keys are dataset kinds. */
export function datasetFiles(
  data: PublicData,
  { probes, hitlist }: { readonly probes: readonly SimulatedProbe[]; readonly hitlist: readonly Ipv4Address[] },
): Readonly<Record<string, string>> {
  const { prefixOrigins, aliasSets, asNames, exchangeAddresses, exchangePrefixes, relations } = data;
  const known = aliasSets.filter((set) => set.length > 1);
  return {
    prefix2as: lines(prefixOrigins.map(({ prefix, asn }) => `${formatPrefix(prefix).replace('/', '\t')}\t${asn}`)),
    ipasn: `; IP-ASN32-DAT file\n${lines(prefixOrigins.map(({ prefix, asn }) => `${formatPrefix(prefix)}\t${asn}`))}`,
    exchangeAddresses: lines(exchangeAddresses.map(({ address, asn }) => `${formatIpv4(address)}\t${asn}`)),
    peeringdbAddresses: json({
      data: exchangeAddresses.map(({ address, asn }, i) => ({
        id: i + 1,
        ipaddr4: formatIpv4(address),
        ipaddr6: null,
        asn,
      })),
      meta: {},
    }),
    peeringdbPrefixes: json({
      data: exchangePrefixes.map((prefix, i) => ({ id: i + 1, protocol: 'IPv4', prefix: formatPrefix(prefix) })),
      meta: {},
    }),
    as2org: as2org(asNames),
    relationships: `# provider|customer|-1, peer|peer|0\n${lines(
      relations.map(({ a, b, isPeering }) => `${a}|${b}|${isPeering ? 0 : -1}`),
    )}`,
    itdkNodes: `# node N<id>:  <addresses>\n${lines(
      known.map((set, i) => `node N${i + 1}:  ${set.map(formatIpv4).join(' ')}`),
    )}`,
    // A stricter method that finds fewer.
    midarSets: lines(
      known.filter((_, i) => i % 2 === 0).map((set, i) => `# set ${i + 1}\n${set.map(formatIpv4).join('\n')}\n# end`),
    ),
    hitlist: lines(hitlist.map((address) => `99\t${formatIpv4(address)}`)),
    ripeProbes: json({ objects: probes.map(probeJson) }),
  };
}

function as2org(names: ReadonlyMap<number, string>): string {
  const networks = [...names].sort(([a], [b]) => a - b);
  const organisations = networks.map(([asn, name]) => `ORG-${asn}|20260101|${name}|ZZ|SIM`);
  const numbers = networks.map(([asn, name]) => `${asn}|20260101|${name}|ORG-${asn}||SIM`);
  const heads = [
    '# format:org_id|changed|org_name|country|source',
    '# format:aut|changed|aut_name|org_id|opaque_id|source',
  ];
  return lines([heads[0], ...organisations, heads[1], ...numbers]);
}

const lines = (rows: readonly string[]): string => rows.map((row) => `${row}\n`).join('');
const json = (value: unknown): string => `${JSON.stringify(value)}\n`;
