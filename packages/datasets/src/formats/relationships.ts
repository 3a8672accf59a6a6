import { type Content, EntryCounter, type ReadLimits } from '../content/limits.ts';
import { linesOf } from '../content/lines.ts';
import { badLine, emptyFile } from '../errors.ts';
import { parseAsn } from './asn.ts';

/** The business relationships of ASes. */
export interface Relationships {
  /** Whether `a` is the provider, the customer or a peer of `b`; `undefined` when the dataset has no link between them. */
  relationOf(a: number, b: number): 'provider' | 'customer' | 'peer' | undefined;
  /** Known providers of an AS. */
  providersOf(asn: number): ReadonlySet<number>;
  /** Known customers of an AS. */
  customersOf(asn: number): ReadonlySet<number>;
  readonly entries: number;
}

/**
 * Reads CAIDA AS relationships (https://www.caida.org/catalog/datasets/as-relationships): `provider|customer|-1` or `peer|peer|0`.
 * Further cells are ignored. @throws {DatasetError}
 */
export async function readRelationships(content: Content, limits: ReadLimits): Promise<Relationships> {
  const links: AsLink[] = [];
  const counter = new EntryCounter(limits);
  for await (const { text, number } of linesOf(content, limits)) {
    const found = /^(\d+)\|(\d+)\|(-1|0)(\||$)/.exec(text.trim());
    const [a, b] = [parseAsn(found?.[1]), parseAsn(found?.[2])];
    if (found === null || a === undefined || b === undefined) throw badLine(number, 'expected AS|AS|-1 or AS|AS|0');
    counter.add();
    links.push({ a, b, relation: found[3] === '0' ? 'peer' : 'provider' });
  }
  if (links.length === 0) throw emptyFile('the file contains no relationship');
  return relationshipsOf(links);
}

/** A link between two ASes: `a` is the provider or a peer of `b`. */
export interface AsLink {
  readonly a: number;
  readonly b: number;
  readonly relation: 'provider' | 'peer';
}

const NONE: ReadonlySet<number> = new Set();

/** The neighbours of one AS: its relation to each of them, and two groups of them. */
interface Neighbours {
  readonly relations: Map<number, 'provider' | 'customer' | 'peer'>;
  readonly providers: Set<number>;
  readonly customers: Set<number>;
}

/** Relationships between ASes, from the links that are known. Of two links between the same ASes, the later one counts. */
export function relationshipsOf(links: Iterable<AsLink>): Relationships {
  const neighbours = new Map<number, Neighbours>();
  const of = (asn: number): Neighbours => {
    const known = neighbours.get(asn) ?? { relations: new Map(), providers: new Set(), customers: new Set() };
    neighbours.set(asn, known);
    return known;
  };
  let entries = 0;
  for (const { a, b, relation } of links) {
    const [own, other] = [of(a), of(b)];
    if (!own.relations.has(b)) entries++;
    const isProvider = relation === 'provider';
    own.relations.set(b, relation);
    other.relations.set(a, isProvider ? 'customer' : 'peer');
    for (const set of [own.providers, own.customers]) set.delete(b);
    for (const set of [other.providers, other.customers]) set.delete(a);
    if (!isProvider) continue;
    own.customers.add(b);
    other.providers.add(a);
  }
  return {
    relationOf: (a, b) => neighbours.get(a)?.relations.get(b),
    providersOf: (asn) => neighbours.get(asn)?.providers ?? NONE,
    customersOf: (asn) => neighbours.get(asn)?.customers ?? NONE,
    entries,
  };
}
