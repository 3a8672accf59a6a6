import { type Ipv4Address, NO_MATCH, type Prefix, type PrefixColumns, PrefixTable } from '@revtr/net';

/** Which network announces an address, according to public routing data. */
export interface IpToAs {
  /** AS number of the origin network; `undefined` when no known prefix covers the address. */
  originOf(address: Ipv4Address): number | undefined;
  /** The announced prefix that covers the address. */
  prefixOf(address: Ipv4Address): Prefix | undefined;
}

/** Origin networks by longest prefix match. */
export class PrefixOrigins implements IpToAs {
  readonly #table: PrefixTable;

  constructor(entries: Iterable<{ readonly prefix: Prefix; readonly asn: number }> | PrefixTable) {
    this.#table =
      entries instanceof PrefixTable
        ? entries
        : PrefixTable.from([...entries].map(({ prefix, asn }) => ({ prefix, value: asn | 0 })));
  }

  /** Creates the table from columns, whose values are AS numbers as signed 32-bit integers. Suited to whole routing tables. */
  static fromColumns(columns: PrefixColumns): PrefixOrigins {
    return new PrefixOrigins(new PrefixTable(columns));
  }

  originOf(address: Ipv4Address): number | undefined {
    const asn = this.#table.lookup(address);
    return asn === NO_MATCH ? undefined : asn >>> 0;
  }

  prefixOf(address: Ipv4Address): Prefix | undefined {
    return this.#table.lookupPrefix(address);
  }
}
