import type { Position } from '@revtr/datasets';
import type { Aliases, IpToAs, Relations } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/** Where addresses are believed to be. */
export interface Positions {
  /** Where the positions come from, for people. */
  readonly source: string;
  positionOf(address: Ipv4Address): Position | undefined;
}

/** What the controller can look up about addresses, to check destinations and to describe hops. */
export interface AddressFacts {
  readonly ipToAs: IpToAs;
  /** Which addresses belong to one router; absent where nothing is known of it. */
  readonly aliases?: Aliases;
  /** Relations between networks, as far as a dataset names them. */
  readonly relations: Relations;
  /** Whether `ipToAs` knows the whole routing table: no network then announces an address that is missing from it. */
  readonly knowsAllRoutes: boolean;
  /** Positions of addresses; absent where no dataset has any. */
  readonly positions?: Positions | undefined;
  asName(asn: number): string | undefined;
  /** Reverse DNS. Implementations bound their queries: `undefined` also means that the name is not known yet. */
  nameOf(address: Ipv4Address): Promise<string | undefined>;
  /** Addresses of a host name; empty when it does not resolve. */
  resolve(name: string): Promise<readonly Ipv4Address[]>;
}
