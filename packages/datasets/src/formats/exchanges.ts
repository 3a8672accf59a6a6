import type { Readable } from 'node:stream';
import { type Ipv4Address, type Prefix, parsePrefix, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';
import { readJson } from './json.ts';
import { linesOf } from './lines.ts';

/** Addresses on exchanges, each with the network whose router has it. */
export interface ExchangeAddresses {
  readonly networkOf: ReadonlyMap<Ipv4Address, number>;
  readonly entries: number;
}

/** Reads `address<TAB>AS` a line; `None` in place of a network is skipped. @throws {DatasetError} */
export async function readExchangeAddresses(input: Readable): Promise<ExchangeAddresses> {
  const networkOf = new Map<Ipv4Address, number>();
  for await (const { text, number } of linesOf(input)) {
    const [first, second] = text.trim().split(/\s+/);
    if (second === 'None') continue;
    const [address, asn] = [tryParseIpv4(first), Number(second)];
    if (first.includes(':')) continue;
    if (address === undefined || !Number.isInteger(asn) || asn < 1)
      throw new DatasetError('badLine', 'expected an address and the number of a network', number);
    networkOf.set(address, asn);
  }
  if (networkOf.size === 0) throw new DatasetError('empty', 'the file holds no address');
  return { networkOf, entries: networkOf.size };
}

const lanSchema = z.object({
  data: z.array(z.looseObject({ ipaddr4: z.string().nullish(), asn: z.int().optional() })),
});

/** Reads what PeeringDB's `/api/netixlan` answers: `data` with `ipaddr4` and `asn`. @throws {DatasetError} */
export async function readPeeringDbAddresses(input: Readable): Promise<ExchangeAddresses> {
  const { data } = await readJson(input, lanSchema);
  const networkOf = new Map<Ipv4Address, number>();
  for (const { ipaddr4, asn } of data) {
    const address = tryParseIpv4(ipaddr4 ?? '');
    if (address !== undefined && asn !== undefined && asn > 0) networkOf.set(address, asn);
  }
  if (networkOf.size === 0) throw new DatasetError('empty', 'the file holds no address');
  return { networkOf, entries: networkOf.size };
}

/** Prefixes of exchanges: they belong to no network on a path. */
export interface ExchangePrefixes {
  readonly prefixes: readonly Prefix[];
  readonly entries: number;
}

const prefixSchema = z.object({
  data: z.array(z.looseObject({ prefix: z.string(), protocol: z.string().optional() })),
});

/** Reads what PeeringDB's `/api/ixpfx` answers: `data` with `prefix` and `protocol`. @throws {DatasetError} */
export async function readPeeringDbPrefixes(input: Readable): Promise<ExchangePrefixes> {
  const { data } = await readJson(input, prefixSchema);
  const prefixes = data.flatMap(({ prefix }) => (prefix.includes(':') ? [] : toPrefix(prefix)));
  if (prefixes.length === 0) throw new DatasetError('empty', 'the file holds no IPv4 prefix');
  return { prefixes, entries: prefixes.length };
}

function toPrefix(text: string): Prefix {
  try {
    return parsePrefix(text);
  } catch {
    throw new DatasetError('badLine', `'${text.slice(0, 40)}' is no prefix`);
  }
}
