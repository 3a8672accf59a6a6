import { useState } from 'react';
import type { PathNode } from './path-tree.ts';

/** Which nodes of a tree show what is behind them. */
export interface OpenNodes {
  /** `depth` counts from 0 at the root. */
  readonly isOpen: (node: PathNode, depth: number) => boolean;
  readonly setOpen: (node: PathNode, isOpen: boolean) => void;
  /** Nodes that were opened or closed one by one are as `levels` says again. */
  readonly reset: () => void;
}

/** `levels` levels of the tree are visible at first. */
export function useOpenNodes(levels: number): OpenNodes {
  const [changed, setChanged] = useState<ReadonlyMap<string, boolean>>(new Map());
  return {
    isOpen: (node, depth) => changed.get(node.id) ?? depth + 1 < levels,
    setOpen: (node, isOpen) =>
      setChanged((before) => {
        const next = new Map(before).set(node.id, isOpen);
        if (!isOpen) return next;
        // One key press leads to the next branch, however long the chain before it is.
        for (let [only] = node.children, rest = node.children; rest.length === 1; rest = only.children, [only] = rest)
          next.set(only.id, true);
        return next;
      }),
    reset: () => setChanged(new Map()),
  };
}
