import type { Relation, Relations } from '../../src/index.ts';

/** Relations from a list such as `1>2 2-3`: 1 is a provider of 2, which is a peer of 3. */
export function relationsFrom(list: string): Relations {
  const known = new Map<string, Relation>();
  for (const [, a, kind, b] of list.matchAll(/(\d+)([>-])(\d+)/g)) {
    known.set(`${a} ${b}`, kind === '>' ? 'provider' : 'peer');
    known.set(`${b} ${a}`, kind === '>' ? 'customer' : 'peer');
  }
  const withRelation = (asn: number, relation: Relation): Set<number> =>
    new Set(
      [...known].flatMap(([pair, other]) => {
        const [a, b] = pair.split(' ').map(Number);
        return b === asn && other === relation ? [a] : [];
      }),
    );
  return {
    relationOf: (a, b) => known.get(`${a} ${b}`),
    providersOf: (asn) => withRelation(asn, 'provider'),
    customersOf: (asn) => withRelation(asn, 'customer'),
  };
}
