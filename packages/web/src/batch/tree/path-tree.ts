import type { MeasurementOutline } from '@revtr/client';

/** What the nodes of a tree of paths are: networks, or addresses of routers. */
export type TreeUnit = 'networks' | 'routers';

/** A network or router, reached from the source through one sequence of others. */
export interface PathNode {
  /** The keys from the source to this node, joined by `~`; unique in the tree. */
  readonly id: string;
  /** AS number, or address. The source has its address, the root above several sources the empty string. */
  readonly key: string;
  /** Number of paths through this node. */
  readonly count: number;
  /** The nodes before this one on the way to the source, those with most paths first. */
  readonly children: readonly PathNode[];
}

interface Growing {
  readonly id: string;
  readonly key: string;
  count: number;
  readonly children: Map<string, Growing>;
}

const SEPARATOR = '~';

/**
 * All paths that reach their source, as a tree with the source at its root. Its root is above the sources when there are several, and
 * `undefined` when no path reaches its source.
 */
export function toPathTree(measurements: readonly MeasurementOutline[], unit: TreeUnit): PathNode | undefined {
  const root: Growing = { id: '', key: '', count: 0, children: new Map() };
  for (const measurement of measurements) {
    const keys = keysOf(measurement, unit);
    if (keys.length === 0) continue;
    root.count++;
    let at = root;
    for (const key of keys) {
      let next = at.children.get(key);
      if (next === undefined) {
        next = { id: at === root ? key : `${at.id}${SEPARATOR}${key}`, key, count: 0, children: new Map() };
        at.children.set(key, next);
      }
      next.count++;
      at = next;
    }
  }
  const whole = sorted(root);
  return whole.children.length > 1 ? whole : whole.children[0];
}

/** Whether the path of a measurement passes the node with an id. */
export function passes(measurement: MeasurementOutline, unit: TreeUnit, id: string): boolean {
  return leadsTo(id, keysOf(measurement, unit).join(SEPARATOR));
}

/** Whether a node lies between the root and another one, or is that one. */
export const leadsTo = (id: string, other: string): boolean => other === id || other.startsWith(`${id}${SEPARATOR}`);

/** The key of the node with an id. */
export const keyOfId = (id: string): string => id.slice(id.lastIndexOf(SEPARATOR) + 1);

/** The source and what lies before it on the path; empty when the path does not reach the source. */
function keysOf({ source, stopReason, networks = [], routers = [] }: MeasurementOutline, unit: TreeUnit): string[] {
  if (stopReason !== 'reaches') return [];
  const before = unit === 'networks' ? networks.map(String) : routers.filter((address) => address !== source);
  return [source, ...before.toReversed()];
}

function sorted({ id, key, count, children }: Growing): PathNode {
  const nodes = Array.from(children.values(), sorted);
  return { id, key, count, children: nodes.sort((a, b) => b.count - a.count) };
}
