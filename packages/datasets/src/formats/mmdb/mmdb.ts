import { type Ipv4Address, NO_MATCH } from '@revtr/net';
import type { Content, ReadLimits } from '../../content/limits.ts';
import { parseAsn } from '../asn.ts';
import { readPrefixes } from './read-prefixes.ts';
import { wantedFields } from './wanted-fields.ts';

/** The origin AS of addresses, from an MMDB file. */
export interface MmdbOrigins {
  /** The AS of the longest prefix that covers the address. Never throws. */
  originOf(address: Ipv4Address): number | undefined;
  /** Number of IPv4 prefixes with an AS. */
  readonly entries: number;
}

const MOST_STEPS = 2 ** 27;
/** MaxMind writes a number to the first field; IPinfo writes text such as `AS64500` to the second. */
const ASN_FIELDS = wantedFields('autonomous_system_number', 'asn');

/**
 * Reads an MMDB file of ASes, as MaxMind (GeoLite2 ASN) and IPinfo publish them. The whole search tree is read at once, so a
 * damaged file is refused here and cannot fail at a look-up. @throws {DatasetError}
 */
export async function readMmdb(content: Content, limits: ReadLimits): Promise<MmdbOrigins> {
  const reader = { mostSteps: MOST_STEPS, fields: ASN_FIELDS, readValue: asnOf, what: 'an AS' };
  const { table, entries } = await readPrefixes(content, limits, reader);
  return {
    originOf: (address) => {
      const found = table.lookup(address);
      return found === NO_MATCH ? undefined : found >>> 0;
    },
    entries,
  };
}

function asnOf(fields: ReadonlyMap<string, string | number>): number | undefined {
  const value = fields.get('autonomous_system_number') ?? fields.get('asn');
  return value === undefined ? undefined : parseAsn(String(value).replace(/^AS/, ''));
}
