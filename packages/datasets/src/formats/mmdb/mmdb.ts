import { type Ipv4Address, NO_MATCH, PrefixTable } from '@revtr/net';
import { type Content, EntryCounter, type ReadLimits } from '../../content/limits.ts';
import { readWhole } from '../../content/whole.ts';
import { emptyFile } from '../../errors.ts';
import { parseAsn } from '../asn.ts';
import { ColumnBuilder } from '../column-builder.ts';
import { SearchTree } from './search-tree.ts';
import { StepBudget } from './step-budget.ts';
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
  const tree = new SearchTree(await readWhole(content), new StepBudget(MOST_STEPS));
  const counter = new EntryCounter(limits);
  const builder = new ColumnBuilder();
  const asns = new Map<number, number | undefined>();
  for (const { address, length, offset } of tree.leaves()) {
    if (!asns.has(offset)) asns.set(offset, asnOf(tree.data.fieldsAt(offset, ASN_FIELDS)));
    const asn = asns.get(offset);
    if (asn === undefined) continue;
    counter.add();
    builder.add(address, length, asn);
  }
  if (builder.count === 0) throw emptyFile('the file contains no IPv4 prefix with an AS');
  const table = new PrefixTable(builder.columns());
  return {
    originOf: (address) => {
      const found = table.lookup(address);
      return found === NO_MATCH ? undefined : found >>> 0;
    },
    entries: builder.count,
  };
}

function asnOf(fields: ReadonlyMap<string, string | number>): number | undefined {
  const value = fields.get('autonomous_system_number') ?? fields.get('asn');
  return value === undefined ? undefined : parseAsn(String(value).replace(/^AS/, ''));
}
