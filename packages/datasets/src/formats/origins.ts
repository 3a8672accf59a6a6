import { maskOf, type PrefixColumns, tryParseIpv4 } from '@revtr/net';
import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, emptyFile } from '../errors.ts';
import { parseAsn } from './asn.ts';
import { ColumnBuilder } from './column-builder.ts';

/** The origin AS of each announced prefix, as columns for a longest-prefix table. Values are AS numbers as signed 32-bit integers. */
export interface Origins {
  readonly columns: PrefixColumns;
  readonly entries: number;
}

/**
 * Reads CAIDA RouteViews prefix2as (https://www.caida.org/catalog/datasets/routeviews-prefix2as): address, length and origin,
 * separated by tabs. If a prefix has several origins (`1_2`) or an AS set (`1,2`), the first AS is taken. @throws {DatasetError}
 */
export function readPrefix2as(content: Content, limits: ReadLimits): Promise<Origins> {
  return collect(content, limits, '#', (text) => {
    const [address, length, origin = ''] = text.split(/\s+/);
    return { address, length, asn: /^\d+/.exec(origin)?.[0] };
  });
}

/** Reads `ipASN.dat` of pyasn (https://github.com/hadiasghari/pyasn): prefix and AS number; `;` begins a comment. @throws {DatasetError} */
export function readIpAsnDat(content: Content, limits: ReadLimits): Promise<Origins> {
  return collect(content, limits, ';#', (text) => {
    const [prefix, asn] = text.split(/\s+/);
    const [address, length] = prefix.split('/');
    return { address, length, asn };
  });
}

async function collect(
  content: Content,
  limits: ReadLimits,
  comments: string,
  split: (text: string) => {
    readonly address: string;
    readonly length: string | undefined;
    readonly asn: string | undefined;
  },
): Promise<Origins> {
  const builder = new ColumnBuilder();
  const counter = new EntryCounter(limits);
  for await (const { text, number } of linesOf(content, limits, comments)) {
    const parts = split(text);
    // IPv6 prefixes share some files.
    if (parts.address.includes(':')) continue;
    const [address, asn] = [tryParseIpv4(parts.address), parseAsn(parts.asn)];
    const length = /^\d{1,2}$/.test(parts.length ?? '') ? Number(parts.length) : Number.NaN;
    if (address === undefined || asn === undefined || !(length <= 32))
      throw badLine(number, 'expected a prefix and an AS number');
    counter.add();
    if (asn > 0) builder.add((address & maskOf(length)) >>> 0, length, asn);
  }
  if (builder.count === 0) throw emptyFile('the file contains no prefix');
  return { columns: builder.columns(), entries: builder.count };
}
