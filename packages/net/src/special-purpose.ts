import type { Ipv4Address } from './ipv4-address.ts';
import { type Prefix, parsePrefix } from './prefix.ts';
import { NO_MATCH, PrefixTable } from './prefix-table.ts';

/** One row of the IANA IPv4 Special-Purpose Address Registry (RFC 6890, updated by RFC 8190; formerly RFC 5735). */
export interface SpecialPurposeRange {
  readonly prefix: Prefix;
  readonly name: string;
  /** The document that defines the range. */
  readonly rfc: string;
  /** Whether the registry calls the range globally reachable. */
  readonly globallyReachable: boolean;
}

const row = (prefix: string, name: string, rfc: string, globallyReachable = false): SpecialPurposeRange => ({
  prefix: parsePrefix(prefix),
  name,
  rfc,
  globallyReachable,
});

/**
 * All ranges of the IANA IPv4 Special-Purpose Address Registry, and the multicast space (RFC 5771), which has a separate registry.
 */
export const SPECIAL_PURPOSE_RANGES: readonly SpecialPurposeRange[] = [
  row('0.0.0.0/8', 'This network', 'RFC 791'),
  row('0.0.0.0/32', 'This host on this network', 'RFC 1122'),
  row('10.0.0.0/8', 'Private-Use', 'RFC 1918'),
  row('100.64.0.0/10', 'Shared Address Space', 'RFC 6598'),
  row('127.0.0.0/8', 'Loopback', 'RFC 1122'),
  row('169.254.0.0/16', 'Link Local', 'RFC 3927'),
  row('172.16.0.0/12', 'Private-Use', 'RFC 1918'),
  row('192.0.0.0/24', 'IETF Protocol Assignments', 'RFC 6890'),
  row('192.0.0.0/29', 'IPv4 Service Continuity Prefix', 'RFC 7335'),
  row('192.0.0.8/32', 'IPv4 dummy address', 'RFC 7600'),
  row('192.0.0.9/32', 'Port Control Protocol Anycast', 'RFC 7723', true),
  row('192.0.0.10/32', 'Traversal Using Relays around NAT Anycast', 'RFC 8155', true),
  row('192.0.0.170/32', 'NAT64/DNS64 Discovery', 'RFC 8880'),
  row('192.0.0.171/32', 'NAT64/DNS64 Discovery', 'RFC 8880'),
  row('192.0.2.0/24', 'Documentation (TEST-NET-1)', 'RFC 5737'),
  row('192.31.196.0/24', 'AS112-v4', 'RFC 7535', true),
  row('192.52.193.0/24', 'AMT', 'RFC 7450', true),
  row('192.88.99.0/24', 'Deprecated (6to4 Relay Anycast)', 'RFC 7526'),
  row('192.88.99.2/32', '6a44-relay anycast address', 'RFC 6751'),
  row('192.168.0.0/16', 'Private-Use', 'RFC 1918'),
  row('192.175.48.0/24', 'Direct Delegation AS112 Service', 'RFC 7534', true),
  row('198.18.0.0/15', 'Benchmarking', 'RFC 2544'),
  row('198.51.100.0/24', 'Documentation (TEST-NET-2)', 'RFC 5737'),
  row('203.0.113.0/24', 'Documentation (TEST-NET-3)', 'RFC 5737'),
  row('224.0.0.0/4', 'Multicast', 'RFC 5771'),
  row('240.0.0.0/4', 'Reserved', 'RFC 1112'),
  row('255.255.255.255/32', 'Limited Broadcast', 'RFC 8190'),
];

const table = PrefixTable.from(SPECIAL_PURPOSE_RANGES.map(({ prefix }, value) => ({ prefix, value })));

/** Returns the most specific special-purpose range that contains `address`; `undefined` for ordinary unicast addresses. */
export function specialPurposeOf(address: Ipv4Address): SpecialPurposeRange | undefined {
  const index = table.lookup(address);
  return index === NO_MATCH ? undefined : SPECIAL_PURPOSE_RANGES[index];
}

/** Whether the registry allows that `address` is a unicast address reachable over the public Internet. */
export function isGloballyReachable(address: Ipv4Address): boolean {
  const index = table.lookup(address);
  return index === NO_MATCH || SPECIAL_PURPOSE_RANGES[index].globallyReachable;
}
