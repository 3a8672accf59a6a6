import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, emptyFile } from '../errors.ts';

/** Addresses that answered probes before. */
export interface Hitlist {
  readonly addresses: readonly Ipv4Address[];
  readonly entries: number;
}

/**
 * Reads a hitlist: one address per line, alone or in the last column after a score, as in the hitlists of ISI
 * (https://ant.isi.edu/datasets/ip_hitlists). Addresses with a score of zero or less did not answer and are left out.
 * @throws {DatasetError}
 */
export async function readHitlist(content: Content, limits: ReadLimits): Promise<Hitlist> {
  const addresses: Ipv4Address[] = [];
  const counter = new EntryCounter(limits);
  for await (const { text, number } of linesOf(content, limits)) {
    const cells = text.trim().split(/\s+/);
    const address = tryParseIpv4(cells[cells.length - 1]);
    if (address === undefined) throw badLine(number, 'expected an address');
    const score = cells.length > 1 ? Number(cells[0]) : 1;
    if (score <= 0) continue;
    counter.add();
    addresses.push(address);
  }
  if (addresses.length === 0) throw emptyFile('the file contains no address that answers');
  return { addresses, entries: addresses.length };
}
