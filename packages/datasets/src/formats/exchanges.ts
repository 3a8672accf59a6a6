import { type Ipv4Address, type Prefix, parsePrefix, tryParseIpv4 } from '@revtr/net';
import { z } from 'zod';
import { readJson } from '../content/json.ts';
import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, DatasetError, emptyFile } from '../errors.ts';
import { asnSchema, parseAsn } from './asn.ts';

/** Addresses on Internet exchanges, each with the AS number of its router. */
export interface ExchangeAddresses {
  readonly networkOf: ReadonlyMap<Ipv4Address, number>;
  readonly entries: number;
}

/** Reads one address and AS number per line, separated by white space; lines with `None` as AS are skipped. @throws {DatasetError} */
export async function readExchangeAddresses(content: Content, limits: ReadLimits): Promise<ExchangeAddresses> {
  const networkOf = new Map<Ipv4Address, number>();
  const counter = new EntryCounter(limits);
  for await (const { text, number } of linesOf(content, limits)) {
    const [first, second] = text.trim().split(/\s+/);
    if (second === 'None') continue;
    if (first.includes(':')) continue;
    const [address, asn] = [tryParseIpv4(first), parseAsn(second)];
    if (address === undefined || asn === undefined || asn === 0)
      throw badLine(number, 'expected an address and an AS number');
    counter.add();
    networkOf.set(address, asn);
  }
  if (networkOf.size === 0) throw emptyFile('the file contains no address');
  return { networkOf, entries: networkOf.size };
}

const lanSchema = z.object({
  data: z.array(z.looseObject({ ipaddr4: z.string().nullish(), asn: asnSchema.optional() })),
});

/** Reads an answer of PeeringDB's `/api/netixlan`: `data` with `ipaddr4` and `asn`. @throws {DatasetError} */
export async function readPeeringDbAddresses(content: Content): Promise<ExchangeAddresses> {
  const { data } = await readJson(content, lanSchema);
  const networkOf = new Map<Ipv4Address, number>();
  for (const { ipaddr4, asn } of data) {
    const address = tryParseIpv4(ipaddr4 ?? '');
    if (address !== undefined && asn !== undefined && asn > 0) networkOf.set(address, asn);
  }
  if (networkOf.size === 0) throw emptyFile('the file contains no address');
  return { networkOf, entries: networkOf.size };
}

/** Prefixes of Internet exchanges. They belong to no AS of a path. */
export interface ExchangePrefixes {
  readonly prefixes: readonly Prefix[];
  readonly entries: number;
}

const prefixSchema = z.object({
  data: z.array(z.looseObject({ prefix: z.string(), protocol: z.string().optional() })),
});

/** Reads an answer of PeeringDB's `/api/ixpfx`: `data` with `prefix` and `protocol`. @throws {DatasetError} */
export async function readPeeringDbPrefixes(content: Content): Promise<ExchangePrefixes> {
  const { data } = await readJson(content, prefixSchema);
  const prefixes = data.flatMap(({ prefix }) => (prefix.includes(':') ? [] : toPrefix(prefix)));
  if (prefixes.length === 0) throw emptyFile('the file contains no IPv4 prefix');
  return { prefixes, entries: prefixes.length };
}

function toPrefix(text: string): Prefix {
  try {
    return parsePrefix(text);
  } catch {
    const entry = text.slice(0, 40);
    throw new DatasetError('badEntry', `'${entry}' is not a prefix`, { entry });
  }
}
