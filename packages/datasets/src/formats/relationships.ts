import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, emptyFile } from '../errors.ts';
import { parseAsn } from './asn.ts';

/** The business relationships of ASes. */
export interface Relationships {
  /** Whether `a` is the provider, the customer or a peer of `b`; `undefined` when the dataset has no link between them. */
  relationOf(a: number, b: number): 'provider' | 'customer' | 'peer' | undefined;
  readonly entries: number;
}

/**
 * Reads CAIDA AS relationships (https://www.caida.org/catalog/datasets/as-relationships): `provider|customer|-1` or `peer|peer|0`.
 * Further cells are ignored. @throws {DatasetError}
 */
export async function readRelationships(content: Content, limits: ReadLimits): Promise<Relationships> {
  const relations = new Map<string, 'provider' | 'peer'>();
  const counter = new EntryCounter(limits);
  for await (const { text, number } of linesOf(content, limits)) {
    const found = /^(\d+)\|(\d+)\|(-1|0)(\||$)/.exec(text.trim());
    const [a, b] = [parseAsn(found?.[1]), parseAsn(found?.[2])];
    if (found === null || a === undefined || b === undefined) throw badLine(number, 'expected AS|AS|-1 or AS|AS|0');
    counter.add();
    relations.set(`${a} ${b}`, found[3] === '0' ? 'peer' : 'provider');
  }
  if (relations.size === 0) throw emptyFile('the file contains no relationship');
  return relationshipsOf(relations);
}

/**
 * Relationships between ASes, from those that are known.
 * @param known what the first AS of a pair is to the second, by the two AS numbers: `"64500 64501"`
 */
export function relationshipsOf(known: ReadonlyMap<string, 'provider' | 'peer'>): Relationships {
  return {
    relationOf: (a, b) => {
      const forwards = known.get(`${a} ${b}`);
      if (forwards !== undefined) return forwards;
      const backwards = known.get(`${b} ${a}`);
      return backwards === 'provider' ? 'customer' : backwards;
    },
    entries: known.size,
  };
}
