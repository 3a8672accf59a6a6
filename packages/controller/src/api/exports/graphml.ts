import { ControllerError } from '../../foundation/errors.ts';
import { markup } from '../../foundation/markup.ts';
import { joinedTexts } from '../http/joined-texts.ts';
import type { EndedMeasurement, ExportFormat, ExportWriter } from './export-format.ts';

/** Most nodes and edges of a graph: it is kept in memory until the last measurement is read. */
const MOST_ELEMENTS = 500_000;

interface Node {
  readonly id: string;
  readonly label: string;
  readonly asn: number | undefined;
}

/** Leaves out characters that XML 1.0 does not allow. */
const allowed = (text: string): string =>
  text.replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '');

/** Gathers the nodes of paths, and counts how many paths pass each edge. */
class GraphWriter implements ExportWriter {
  readonly #nodesOf: (measurement: EndedMeasurement) => readonly Node[];
  readonly #nodes = new Map<string, Node>();
  readonly #edges = new Map<string, { readonly from: string; readonly to: string; paths: number }>();

  constructor(nodesOf: (measurement: EndedMeasurement) => readonly Node[]) {
    this.#nodesOf = nodesOf;
  }

  begin(): string {
    return (
      '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n' +
      '<key id="label" for="node" attr.name="label" attr.type="string"/>\n' +
      '<key id="asn" for="node" attr.name="asn" attr.type="long"/>\n' +
      '<key id="paths" for="edge" attr.name="paths" attr.type="int"/>\n<graph edgedefault="directed">\n'
    );
  }

  add(measurements: readonly EndedMeasurement[]): readonly [] {
    for (const measurement of measurements) this.#addPath(this.#nodesOf(measurement));
    if (this.#nodes.size + this.#edges.size > MOST_ELEMENTS)
      throw new ControllerError('badRequest', `the graph has more than ${MOST_ELEMENTS} nodes and edges`);
    return [];
  }

  *end(): Generator<string> {
    yield* joinedTexts(this.#elements());
    yield '</graph>\n</graphml>\n';
  }

  *#elements(): Generator<string> {
    for (const { id, label, asn } of this.#nodes.values()) {
      const network = asn === undefined ? undefined : markup`<data key="asn">${asn}</data>`;
      yield markup`<node id="${allowed(id)}"><data key="label">${allowed(label)}</data>${network}</node>\n`.text;
    }
    for (const { from, to, paths } of this.#edges.values())
      yield markup`<edge source="${allowed(from)}" target="${allowed(to)}"><data key="paths">${paths}</data></edge>\n`
        .text;
  }

  #addPath(path: readonly Node[]): void {
    let before: Node | undefined;
    for (const node of path) {
      if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
      if (before !== undefined && before.id !== node.id) this.#connect(before.id, node.id);
      before = node;
    }
  }

  #connect(from: string, to: string): void {
    const key = `${from} ${to}`;
    const edge = this.#edges.get(key) ?? { from, to, paths: 0 };
    edge.paths++;
    this.#edges.set(key, edge);
  }
}

const GRAPHML = { contentType: 'application/xml; charset=utf-8', extension: 'graphml', isKeptInMemory: true };

/** The routers of all paths; an edge leads to the next router toward the source. */
export const graphOfRouters: ExportFormat = {
  ...GRAPHML,
  title: 'GraphML of the routers on all paths',
  create: () =>
    new GraphWriter(({ result }) =>
      result.hops.map(({ address, name, asn }) => ({ id: address, label: name ?? address, asn })),
    ),
};

const networkNode = (asn: number, name?: string): Node => ({ id: `AS${asn}`, label: name ?? `AS${asn}`, asn });

/** The networks of all paths, also those that show no router; an edge leads to the next network toward the source. */
export const graphOfNetworks: ExportFormat = {
  ...GRAPHML,
  title: 'GraphML of the networks on all paths',
  create: () =>
    new GraphWriter(({ result }) =>
      result.hops.flatMap(({ asn, asName, hiddenNetwork }) => [
        ...(asn === undefined ? [] : [networkNode(asn, asName)]),
        ...(hiddenNetwork === undefined ? [] : [networkNode(hiddenNetwork.asn)]),
      ]),
    ),
};
