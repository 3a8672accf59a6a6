import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { AsGraph } from './as-graph.ts';
import type { InterfaceColumns } from './link-list.ts';
import { type AdjacencyTable, Relation } from './topology.ts';

/** Both views of every edge of the AS graph, grouped by network, and the adjacency of every border interface. */
export function layOutAdjacencies(
  graph: AsGraph,
  interfaces: InterfaceColumns,
  networkOfRouter: Int32Array,
  { prepending, backupProviders, unequalPreferences }: SimParameters,
  random: Random,
): { adjacencies: AdjacencyTable; ofInterface: Int32Array } {
  const networks = graph.tiers.length;
  const count = 2 * graph.edges.length;
  const first = new Int32Array(networks + 1);
  for (const { a, b } of graph.edges) {
    first[a + 1]++;
    first[b + 1]++;
  }
  for (let a = 0; a < networks; a++) first[a + 1] += first[a];
  const next = first.slice();
  const neighbour = new Int32Array(count);
  const relation = new Uint8Array(count);
  const reverse = new Int32Array(count);
  const viewFromA = new Int32Array(graph.edges.length);
  graph.edges.forEach((edge, i) => {
    const fromA = next[edge.a]++;
    const fromB = next[edge.b]++;
    viewFromA[i] = fromA;
    neighbour[fromA] = edge.b;
    neighbour[fromB] = edge.a;
    relation[fromA] = edge.relation === 'peer' ? Relation.peer : Relation.customer;
    relation[fromB] = edge.relation === 'peer' ? Relation.peer : Relation.provider;
    reverse[fromA] = fromB;
    reverse[fromB] = fromA;
  });
  const lists = Array.from({ length: count }, (): number[] => []);
  const ofInterface = Int32Array.from(interfaces.edge, (edge, i) => {
    if (edge < 0) return -1;
    const fromA = viewFromA[edge];
    const adjacency = networkOfRouter[interfaces.router[i]] === graph.edges[edge].a ? fromA : reverse[fromA];
    lists[adjacency].push(i);
    return adjacency;
  });
  const longer = (share: number): number => (share > 0 && random.chance(share) ? 1 + random.below(3) : 0);
  const prepends = Uint8Array.from(relation, (kind) =>
    longer(kind === Relation.provider ? prepending : unequalPreferences),
  );
  // Drawn only if in use, because a draw changes all that follow.
  if (backupProviders > 0) {
    relation.forEach((kind, i) => {
      if (kind === Relation.provider && prepends[i] > 0 && random.chance(backupProviders))
        prepends[reverse[i]] = prepends[i];
    });
  }
  return { adjacencies: { first, neighbour, relation, reverse, prepends, interfaces: lists }, ofInterface };
}
