import { type AdjacencyTable, Relation } from '../topology/topology.ts';

/** Lists of adjacencies, those of network `a` from `first[a]` to `first[a + 1]`. */
export interface AdjacencyLists {
  readonly first: Int32Array;
  readonly adjacency: Int32Array;
}

/** The adjacencies of each network by relation, and an order of the networks in which routes pass down from providers to customers. */
export interface AdjacencyIndex {
  readonly providers: AdjacencyLists;
  readonly peers: AdjacencyLists;
  /** Networks, every one behind its providers where that is possible. */
  readonly order: Int32Array;
  /** Whether a network is its own provider over others, as it can be in inferred relations. */
  readonly hasCycles: boolean;
}

/** Sorts the adjacencies of a topology by relation. */
export function indexAdjacencies(table: AdjacencyTable): AdjacencyIndex {
  const providers = listsOf(table, Relation.provider);
  return { providers, peers: listsOf(table, Relation.peer), ...providersFirst(table, providers) };
}

function listsOf({ first, relation }: AdjacencyTable, wanted: number): AdjacencyLists {
  const networks = first.length - 1;
  const starts = new Int32Array(networks + 1);
  const found: number[] = [];
  for (let network = 0; network < networks; network++) {
    for (let i = first[network]; i < first[network + 1]; i++) if (relation[i] === wanted) found.push(i);
    starts[network + 1] = found.length;
  }
  return { first: starts, adjacency: Int32Array.from(found) };
}

/** Takes a network when all its providers are taken (Kahn); those of cycles come last. */
function providersFirst({ first, relation, neighbour }: AdjacencyTable, providers: AdjacencyLists) {
  const networks = first.length - 1;
  const waitsFor = Int32Array.from({ length: networks }, (_, i) => providers.first[i + 1] - providers.first[i]);
  const order: number[] = [...waitsFor.keys()].filter((network) => waitsFor[network] === 0);
  for (const network of order) {
    for (let i = first[network]; i < first[network + 1]; i++) {
      if (relation[i] === Relation.customer && --waitsFor[neighbour[i]] === 0) order.push(neighbour[i]);
    }
  }
  const hasCycles = order.length < networks;
  for (let network = 0; network < networks; network++) if (waitsFor[network] > 0) order.push(network);
  return { order: Int32Array.from(order), hasCycles };
}
