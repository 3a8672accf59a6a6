import { type HierarchyPointNode, hierarchy, tree } from 'd3-hierarchy';
import type { OpenNodes } from './open-nodes.ts';
import type { PathNode } from './path-tree.ts';

/** A node with its place in the picture, pixels. */
export type PlacedNode = HierarchyPointNode<PathNode>;

/** The size of the label of a node, and the distances between nodes, pixels. */
export const BOX = { width: 200, height: 22 } as const;
export const STEP = { right: 272, down: 28 } as const;

/** A tree drawn from left to right: `x` is the distance of a node's middle from the upper edge, `y` that from the left edge. */
export interface TreeLayout {
  /** From top to bottom as a reader goes through them: every node before its children. */
  readonly nodes: readonly PlacedNode[];
  readonly width: number;
  readonly height: number;
}

/** Places the open part of a tree (Reingold and Tilford's tidy tree, as in d3-hierarchy). */
export function layOut(root: PathNode, { isOpen }: Pick<OpenNodes, 'isOpen'>): TreeLayout {
  const depths = new Map([[root, 0]]);
  const open = hierarchy(root, (node) => {
    const depth = depths.get(node) ?? 0;
    if (!isOpen(node, depth)) return undefined;
    for (const child of node.children) depths.set(child, depth + 1);
    return node.children;
  });
  const placed = tree<PathNode>()
    .nodeSize([STEP.down, STEP.right])
    .separation(() => 1)(open);
  const nodes: PlacedNode[] = [];
  placed.eachBefore((node) => void nodes.push(node));
  const top = nodes.reduce((least, { x }) => Math.min(least, x), 0) - STEP.down / 2;
  for (const node of nodes) node.x -= top;
  return {
    nodes,
    width: (1 + placed.height) * STEP.right - (STEP.right - BOX.width),
    height: nodes.reduce((most, { x }) => Math.max(most, x), 0) + STEP.down / 2,
  };
}

/** A link with its place and width. */
export interface TreeLink {
  readonly id: string;
  /** Path data of SVG. */
  readonly d: string;
  readonly width: number;
  /** The upper and the lower end, pixels. */
  readonly span: readonly [number, number];
}

const LEAST_WIDTH = 1.25;

/** The links from nodes to their children. Their widths are counts of paths: those of the root fill the height of its box. */
export function linksOf({ nodes }: TreeLayout): readonly TreeLink[] {
  const total = nodes[0]?.data.count ?? 1;
  const widthOf = (count: number): number => (BOX.height * count) / total;
  return nodes.flatMap(({ children = [], data, x, y }): TreeLink[] => {
    let offset = x - widthOf(data.count) / 2;
    const from = y + BOX.width;
    return children.map((child) => {
      const width = widthOf(child.data.count);
      const start = offset + width / 2;
      offset += width;
      const middle = (from + child.y) / 2;
      const d = `M${from},${start}C${middle},${start} ${middle},${child.x} ${child.y},${child.x}`;
      const span = [Math.min(start, child.x), Math.max(start, child.x)] as const;
      return { id: child.data.id, d, width: Math.max(LEAST_WIDTH, width), span };
    });
  });
}
