import type { NodeNames } from './node-label.ts';
import type { OpenNodes } from './open-nodes.ts';
import type { PathNode } from './path-tree.ts';

/** What a view of a tree of paths shows: the picture, or the table. */
export interface TreeViewProps {
  readonly root: PathNode;
  readonly open: OpenNodes;
  readonly names: NodeNames;
  /** Id of the chosen node; empty for none. */
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}
