import { BlockList, isIP } from 'node:net';
import { isGloballyReachable, tryParseIpv4 } from '@revtr/net';

/** Global unicast addresses (RFC 4291, section 2.4): IANA has assigned no others. */
const GLOBAL_UNICAST = listOf(['2000::', 3]);
/**
 * Parts of it that are special (IANA IPv6 Special-Purpose Address Registry, RFC 6890), or that lead to an IPv4 address that the check would
 * have to find in them: IETF protocol assignments with Teredo, documentation, 6to4.
 */
const SPECIAL = listOf(['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['2620:4f:8000::', 48], ['3fff::', 20]);

/** Whether an address, IPv4 or IPv6, belongs to a host on the public Internet. */
export function isPublicAddress(address: string): boolean {
  const ipv4 = tryParseIpv4(address);
  if (ipv4 !== undefined) return isGloballyReachable(ipv4);
  return isIP(address) === 6 && GLOBAL_UNICAST.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6');
}

function listOf(...prefixes: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [prefix, length] of prefixes) list.addSubnet(prefix, length, 'ipv6');
  return list;
}
