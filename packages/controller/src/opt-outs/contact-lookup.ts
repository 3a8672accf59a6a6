import { formatPrefix, type Ipv4Address, parsePrefix, prefixOf } from '@revtr/net';
import type { AbuseContacts } from '@revtr/storage';
import { ipv6Bits, type Network, parseNetwork, SHORTEST } from './network.ts';

/** The networks that contain a network, itself first, up to the shortest that can be entered; an AS number is alone. */
export function enclosing({ kind, network }: Network): readonly string[] {
  if (kind === 'as') return [network];
  if (kind === 'ipv4') {
    const { address, length } = parsePrefix(network);
    return shorter(length, SHORTEST.ipv4, (bits) => formatPrefix(prefixOf(address, bits)));
  }
  const [address, bits] = network.split('/');
  const value = ipv6Bits(address);
  return shorter(Number(bits), SHORTEST.ipv6, (length) => {
    const hostBits = BigInt(128 - length);
    const groups = ((value >> hostBits) << hostBits).toString(16).padStart(32, '0').match(/.{4}/g) ?? [];
    return parseNetwork(`${groups.join(':')}/${length}`).network;
  });
}

/** The registered abuse contact of a network: that of the most specific network around it, then that of its origin AS. */
export async function findContact(
  network: Network,
  {
    contacts,
    originOf,
  }: {
    readonly contacts: AbuseContacts;
    readonly originOf: (address: Ipv4Address) => number | undefined;
  },
): Promise<string | undefined> {
  const asn = network.kind === 'ipv4' ? originOf(parsePrefix(network.network).address) : undefined;
  const [contact] = await contacts.of([...enclosing(network), ...(asn === undefined ? [] : [`AS${asn}`])]);
  return contact;
}

const shorter = (from: number, to: number, format: (length: number) => string): string[] =>
  Array.from({ length: from - to + 1 }, (_, i) => format(from - i));
