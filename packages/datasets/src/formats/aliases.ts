import type { Readable } from 'node:stream';
import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { DatasetError } from '../errors.ts';
import { linesOf } from './lines.ts';

/** Addresses that are one router's, set by set. */
export interface AliasSetsData {
  readonly sets: readonly (readonly Ipv4Address[])[];
  readonly entries: number;
}

/**
 * Reads CAIDA ITDK nodes: `node N1:  1.2.3.4 5.6.7.8`. Addresses from 224.0.0.0 on, and in 0.0.0.0/8 in old releases, stand for
 * interfaces that did not answer and are dropped. @throws {DatasetError}
 */
export async function readItdkNodes(input: Readable): Promise<AliasSetsData> {
  const sets: Ipv4Address[][] = [];
  for await (const { text, number } of linesOf(input)) {
    const found = /^node\s+N\d+:\s*(.*)$/.exec(text);
    if (found === null) throw new DatasetError('badLine', 'expected "node N1:" and addresses', number);
    keep(
      sets,
      found[1].split(/\s+/).filter((word) => word !== ''),
      number,
    );
  }
  return whole(sets);
}

/** Reads MIDAR sets: addresses, one a line, between `# set` and `# end`. @throws {DatasetError} */
export async function readMidarSets(input: Readable): Promise<AliasSetsData> {
  const sets: Ipv4Address[][] = [];
  let open: string[] | undefined;
  let last = 0;
  for await (const { text, number } of linesOf(input, '')) {
    last = number;
    if (/^#\s*set\b/.test(text)) open = [];
    else if (/^#\s*end\b/.test(text)) {
      keep(sets, open ?? [], number);
      open = undefined;
    } else if (!text.startsWith('#')) {
      if (open === undefined) throw new DatasetError('badLine', 'expected "# set" before an address', number);
      open.push(text.trim().split(/\s+/)[0]);
    }
  }
  if (open !== undefined) throw new DatasetError('truncated', 'the last set has no "# end"', last);
  return whole(sets);
}

function keep(sets: Ipv4Address[][], words: readonly string[], line: number): void {
  const addresses = words
    .filter((word) => !word.includes(':'))
    .map((word) => {
      const address = tryParseIpv4(word);
      if (address === undefined) throw new DatasetError('badLine', `'${word.slice(0, 40)}' is no address`, line);
      return address;
    });
  const answered = addresses.filter((address) => address >>> 24 < 224 && address >>> 24 > 0);
  // A router known by one address alone says nothing.
  if (answered.length > 1) sets.push(answered);
}

function whole(sets: Ipv4Address[][]): AliasSetsData {
  if (sets.length === 0) throw new DatasetError('empty', 'the file holds no set of two addresses');
  return { sets, entries: sets.length };
}
