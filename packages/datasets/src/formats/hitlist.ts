import type { Readable } from 'node:stream';
import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { DatasetError } from '../errors.ts';
import { linesOf } from './lines.ts';

/** Addresses that are known to answer. */
export interface Hitlist {
  readonly addresses: readonly Ipv4Address[];
  readonly entries: number;
}

/**
 * Reads a hitlist: an address a line, alone or as the last of its columns, as in ISI's; those whose score is negative or zero have never answered
 * and are left out. @throws {DatasetError}
 */
export async function readHitlist(input: Readable): Promise<Hitlist> {
  const addresses: Ipv4Address[] = [];
  for await (const { text, number } of linesOf(input)) {
    const cells = text.trim().split(/\s+/);
    const address = tryParseIpv4(cells[cells.length - 1]);
    if (address === undefined) throw new DatasetError('badLine', 'expected an address', number);
    const score = cells.length > 1 ? Number(cells[0]) : 1;
    if (!(score <= 0)) addresses.push(address);
  }
  if (addresses.length === 0) throw new DatasetError('empty', 'the file holds no address that answers');
  return { addresses, entries: addresses.length };
}
