import { type AdjacencyTable, Relation } from './topology.ts';

/** The size of the customer cone of each network: the networks that it reaches over customers alone, itself included (IMC 2013). */
export function customerConeSizes({ first, neighbour, relation }: AdjacencyTable): Uint32Array {
  return Uint32Array.from({ length: first.length - 1 }, (_, network) => {
    const cone = new Set([network]);
    for (const member of cone) {
      for (let i = first[member]; i < first[member + 1]; i++) {
        if (relation[i] === Relation.customer) cone.add(neighbour[i]);
      }
    }
    return cone.size;
  });
}
