import type { Readable } from 'node:stream';
import { maskOf, type PrefixColumns, tryParseIpv4 } from '@revtr/net';
import { DatasetError } from '../errors.ts';
import { linesOf } from './lines.ts';

/** Who announces what: one row a prefix, ready for a longest-prefix table; values are AS numbers as signed 32-bit integers. */
export interface Origins {
  readonly columns: PrefixColumns;
  readonly entries: number;
}

/**
 * Reads CAIDA RouteViews prefix2as: address, length and origin, separated by tabs. Of a prefix with several origins (`1_2`) or an
 * AS set (`1,2`) the first counts. @throws {DatasetError}
 */
export function readPrefix2as(input: Readable): Promise<Origins> {
  return collect(input, '#', (text) => {
    const [address, length, origin = ''] = text.split(/\s+/);
    return { address, length, asn: /^\d+/.exec(origin)?.[0] };
  });
}

/** Reads `ipASN.dat` as pyasn makes it from RouteViews: `prefix<TAB>AS`, comments begin with `;`. @throws {DatasetError} */
export function readIpAsnDat(input: Readable): Promise<Origins> {
  return collect(input, ';#', (text) => {
    const [prefix, asn] = text.split(/\s+/);
    const [address, length] = prefix.split('/');
    return { address, length, asn };
  });
}

async function collect(
  input: Readable,
  comments: string,
  split: (text: string) => {
    readonly address: string;
    readonly length: string | undefined;
    readonly asn: string | undefined;
  },
): Promise<Origins> {
  const builder = new ColumnBuilder();
  for await (const { text, number } of linesOf(input, comments)) {
    const parts = split(text);
    const [length, asn] = [Number(parts.length ?? Number.NaN), Number(parts.asn ?? Number.NaN)];
    // IPv6 lines share some files; they have a file of their own for us.
    if (parts.address?.includes(':')) continue;
    const address = tryParseIpv4(parts.address ?? '');
    const isPrefix = address !== undefined && Number.isInteger(length) && length >= 0 && length <= 32;
    if (!isPrefix || !Number.isInteger(asn) || asn < 0 || asn > 0xffffffff)
      throw new DatasetError('badLine', 'expected a prefix and the number of a network', number);
    if (asn > 0) builder.add((address & maskOf(length)) >>> 0, length, asn);
  }
  if (builder.count === 0) throw new DatasetError('empty', 'the file holds no prefix');
  return { columns: builder.columns(), entries: builder.count };
}

/** Columns that grow: a million rows as objects would take ten times the memory. */
class ColumnBuilder {
  count = 0;
  #addresses = new Uint32Array(1 << 16);
  #lengths = new Uint8Array(1 << 16);
  #values = new Int32Array(1 << 16);

  add(address: number, length: number, asn: number): void {
    if (this.count === this.#addresses.length) {
      this.#addresses = grown(this.#addresses, new Uint32Array(this.count * 2));
      this.#lengths = grown(this.#lengths, new Uint8Array(this.count * 2));
      this.#values = grown(this.#values, new Int32Array(this.count * 2));
    }
    this.#addresses[this.count] = address;
    this.#lengths[this.count] = length;
    this.#values[this.count++] = asn | 0;
  }

  columns(): PrefixColumns {
    return {
      addresses: this.#addresses.slice(0, this.count),
      lengths: this.#lengths.slice(0, this.count),
      values: this.#values.slice(0, this.count),
    };
  }
}

function grown<T extends Uint32Array | Uint8Array | Int32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
