import type { IpToAs } from '@revtr/engine';
import { formatPrefix, type Prefix, parsePrefix, prefixOf } from '@revtr/net';
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

/**
 * The registered abuse contact of a network: that of the most specific network around it, then that of the AS that announces a prefix
 * around all of it. An AS that announces a part of a network does not speak for the rest.
 */
export async function findContact(
  network: Network,
  { contacts, ipToAs }: { readonly contacts: AbuseContacts; readonly ipToAs: IpToAs },
): Promise<string | undefined> {
  const asn = network.kind === 'ipv4' ? originOfAll(parsePrefix(network.network), ipToAs) : undefined;
  const [contact] = await contacts.of([...enclosing(network), ...(asn === undefined ? [] : [`AS${asn}`])]);
  return contact;
}

function originOfAll({ address, length }: Prefix, ipToAs: IpToAs): number | undefined {
  const announced = ipToAs.prefixOf(address);
  return announced !== undefined && announced.length <= length ? ipToAs.originOf(address) : undefined;
}

const shorter = (from: number, to: number, format: (length: number) => string): string[] =>
  Array.from({ length: from - to + 1 }, (_, i) => format(from - i));
