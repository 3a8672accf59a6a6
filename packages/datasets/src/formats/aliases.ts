import { type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, DatasetError, emptyFile } from '../errors.ts';

/** Alias sets: the addresses of one router each. */
export interface AliasSetsData {
  readonly sets: readonly (readonly Ipv4Address[])[];
  readonly entries: number;
}

/**
 * Reads the nodes file of CAIDA's ITDK (https://www.caida.org/catalog/datasets/internet-topology-data-kit): lines such as
 * `node N1:  1.2.3.4 5.6.7.8`. Addresses from 224.0.0.0 on, and in 0.0.0.0/8 in old releases, stand for interfaces that did not
 * answer and are left out. @throws {DatasetError}
 */
export async function readItdkNodes(content: Content, limits: ReadLimits): Promise<AliasSetsData> {
  const sets = new SetCollector(limits);
  for await (const { text, number } of linesOf(content, limits)) {
    const found = /^node\s+N\d+:\s*(.*)$/.exec(text);
    if (found === null) throw badLine(number, 'expected "node N1:" and addresses');
    sets.add(
      found[1].split(/\s+/).filter((word) => word !== ''),
      number,
    );
  }
  return sets.all();
}

/** Reads MIDAR alias sets: one address per line between `# set` and `# end`. @throws {DatasetError} */
export async function readMidarSets(content: Content, limits: ReadLimits): Promise<AliasSetsData> {
  const sets = new SetCollector(limits);
  const counter = new EntryCounter(limits);
  let open: string[] | undefined;
  let last = 0;
  for await (const { text, number } of linesOf(content, limits, '')) {
    last = number;
    if (/^#\s*set\b/.test(text)) open = [];
    else if (/^#\s*end\b/.test(text)) {
      sets.add(open ?? [], number);
      open = undefined;
    } else if (!text.startsWith('#')) {
      if (open === undefined) throw badLine(number, 'expected "# set" before an address');
      counter.add();
      open.push(text.trim().split(/\s+/)[0]);
    }
  }
  if (open !== undefined) throw new DatasetError('truncated', 'the last set has no "# end"', { line: last });
  return sets.all();
}

class SetCollector {
  readonly #sets: Ipv4Address[][] = [];
  readonly #counter: EntryCounter;

  constructor(limits: ReadLimits) {
    this.#counter = new EntryCounter(limits);
  }

  add(words: readonly string[], line: number): void {
    // IPv6 addresses share some files.
    const addresses = words.filter((word) => !word.includes(':')).map((word) => addressOf(word, line));
    const answered = addresses.filter((address) => address >>> 24 < 224 && address >>> 24 > 0);
    // A router with one known address has no aliases.
    if (answered.length < 2) return;
    this.#counter.add(answered.length);
    this.#sets.push(answered);
  }

  all(): AliasSetsData {
    if (this.#sets.length === 0) throw emptyFile('the file contains no set of two addresses');
    return { sets: this.#sets, entries: this.#sets.length };
  }
}

function addressOf(word: string, line: number): Ipv4Address {
  const address = tryParseIpv4(word);
  if (address === undefined) throw badLine(line, `'${word.slice(0, 40)}' is not an address`);
  return address;
}
