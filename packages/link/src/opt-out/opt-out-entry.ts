import { isIPv6, SocketAddress } from 'node:net';
import { formatPrefix, type Prefix, parsePrefix } from '@revtr/net';
import { LinkError } from '../errors.ts';

/** An IPv4 prefix as a number that sorts by address, then by length; an IPv6 prefix as text in canonical form (RFC 5952). */
export type OptOutEntry = number | string;

/** Lengths 0 to 32 fit below this factor. */
const LENGTHS = 64;
const MOST_QUOTED = 50;

/** Reads an entry in CIDR notation; `row` is its place in the list. @throws {LinkError} `badOptOut` */
export function readEntry(text: string, row: number): OptOutEntry {
  if (text.includes(':')) return canonicalIpv6(text, row);
  try {
    return entryOfPrefix(parsePrefix(text));
  } catch {
    throw badEntry(text, row);
  }
}

/** Formats an entry in CIDR notation. */
export const formatEntry = (entry: OptOutEntry): string =>
  typeof entry === 'string' ? entry : formatPrefix(prefixOfEntry(entry));

/** The entry of an IPv4 prefix. */
export const entryOfPrefix = ({ address, length }: Prefix): number => address * LENGTHS + length;

/** The IPv4 prefix of a numeric entry. */
export const prefixOfEntry = (entry: number): Prefix => ({
  address: Math.floor(entry / LENGTHS),
  length: entry % LENGTHS,
});

function canonicalIpv6(text: string, row: number): string {
  const slash = text.indexOf('/');
  const [address, length] = [text.slice(0, Math.max(0, slash)), text.slice(slash + 1)];
  if (!isIPv6(address) || address.includes('%') || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > 128)
    throw badEntry(text, row);
  return `${new SocketAddress({ address, family: 'ipv6' }).address}/${length}`;
}

const badEntry = (text: string, row: number): LinkError<'badOptOut'> => {
  const entry = text.slice(0, MOST_QUOTED);
  return new LinkError('badOptOut', `entry ${row} of the opt-out list is not a prefix: '${entry}'`, { entry, row });
};
