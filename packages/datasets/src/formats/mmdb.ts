import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { Reader } from 'mmdb-lib';
import { z } from 'zod';
import { DatasetError } from '../errors.ts';

/** Which network announces an address, by an MMDB file. */
export interface MmdbOrigins {
  originOf(address: Ipv4Address): number | undefined;
  readonly entries: number;
}

/** MaxMind writes the number as a number, IPinfo as text with "AS" before it. */
const recordSchema = z.union([
  z.looseObject({ autonomous_system_number: z.int() }).transform((record) => record.autonomous_system_number),
  z
    .looseObject({ asn: z.union([z.int(), z.string().regex(/^(AS)?\d+$/)]) })
    .transform(({ asn }) => (typeof asn === 'number' ? asn : Number(asn.replace('AS', '')))),
]);

/** Reads an MMDB file of networks, as MaxMind and IPinfo publish them. @throws {DatasetError} */
export async function readMmdb(input: Readable): Promise<MmdbOrigins> {
  const bytes = await buffer(input);
  if (bytes.length === 0) throw new DatasetError('empty', 'the file is empty');
  const reader = open(bytes);
  return {
    originOf: (address) => recordSchema.safeParse(reader.get(formatIpv4(address))).data,
    entries: reader.metadata.nodeCount,
  };
}

function open(bytes: Buffer): Reader<never> {
  try {
    const reader = new Reader<never>(bytes);
    // The metadata stand at the end of the file, so that a cut one lacks them; a tree that is cut breaks at a look-up.
    reader.get('8.8.8.8');
    return reader;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError('truncated', `not an MMDB file, or cut: ${reason}`);
  }
}
