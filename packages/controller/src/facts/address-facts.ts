import type { IpToAs } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/** What the controller can look up about addresses, for checking targets and for telling people what they see. */
export interface AddressFacts {
  readonly ipToAs: IpToAs;
  /** Whether `ipToAs` knows the whole routing table, so that an address it does not hold is announced by nobody. */
  readonly knowsAllRoutes: boolean;
  asName(asn: number): string | undefined;
  /** Reverse DNS. Implementations bound their queries: `undefined` also means that the name is not known yet. */
  nameOf(address: Ipv4Address): Promise<string | undefined>;
  /** Addresses of a host name; empty when it does not resolve. */
  resolve(name: string): Promise<readonly Ipv4Address[]>;
}
