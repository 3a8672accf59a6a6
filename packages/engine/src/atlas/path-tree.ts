import type { Ipv4Address } from '@revtr/net';
import type { AtlasTraceroute } from './traceroute.ts';

/** A hop and the rest of its path: the nodes from here to the root lead to the source. */
export class PathNode {
  /** `undefined` for a silent hop. */
  readonly address: Ipv4Address | undefined;
  /** The next hop towards the source; `undefined` at the source itself. */
  readonly parent: PathNode | undefined;
  /** Hops to the source. */
  readonly depth: number;
  children: Map<Ipv4Address | undefined, PathNode> | undefined;
  /** Paths that begin here. */
  ends: AtlasTraceroute[] | undefined;
  /** The freshest traceroute through here, and the freshest reverse traceroute. */
  traced: AtlasTraceroute | undefined;
  grown: AtlasTraceroute | undefined;
  /** When a reverse traceroute last met the atlas here, milliseconds since the Unix epoch; 0 for never. */
  usedAt = 0;
  /** When an answer last showed that packets do not take this way from here, milliseconds since the Unix epoch; 0 for never. */
  contradictedAt = 0;

  constructor(address: Ipv4Address | undefined, parent: PathNode | undefined) {
    this.address = address;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** A node is a place with one position. */
  get first(): PathNode {
    return this;
  }

  get last(): PathNode {
    return this;
  }

  /** Whether every path through here is older than the answer that contradicts them. */
  get isDisputed(): boolean {
    return this.contradictedAt > Math.max(this.traced?.at ?? 0, this.grown?.at ?? 0);
  }

  /** Whether the way from here to the source is disputed anywhere. */
  get leadsThroughDispute(): boolean {
    for (let node: PathNode | undefined = this; node !== undefined; node = node.parent)
      if (node.isDisputed) return true;
    return false;
  }

  /** Lets a path count that goes through here. */
  see(path: AtlasTraceroute): void {
    if (path.platform === 'reverseTraceroute') this.grown = fresher(this.grown, path);
    else this.traced = fresher(this.traced, path);
  }

  /** Recomputes the latest paths through this node. Returns whether any path remains. */
  recount(): boolean {
    this.traced = undefined;
    this.grown = undefined;
    for (const path of this.ends ?? []) this.see(path);
    for (const child of this.children?.values() ?? []) {
      this.traced = fresher(this.traced, child.traced);
      this.grown = fresher(this.grown, child.grown);
    }
    return this.traced !== undefined || this.grown !== undefined;
  }

  /** Every path through here. */
  *paths(): Generator<AtlasTraceroute> {
    const open: PathNode[] = [this];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.ends !== undefined) yield* node.ends;
      if (node.children !== undefined) open.push(...node.children.values());
    }
  }

  /** From here to the source, both included. */
  chain(): PathNode[] {
    const nodes: PathNode[] = [];
    for (let node: PathNode | undefined = this; node !== undefined; node = node.parent) nodes.push(node);
    return nodes;
  }
}

function fresher(a: AtlasTraceroute | undefined, b: AtlasTraceroute | undefined): AtlasTraceroute | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (isPublic(a) !== isPublic(b)) {
    const [own, other] = isPublic(a) ? [b, a] : [a, b];
    return other.at - own.at < OWN_FIRST_MS ? own : other;
  }
  return b.at >= a.at ? b : a;
}

/** How much older a path of this system may be than a published one, milliseconds, to be preferred. */
const OWN_FIRST_MS = 86_400_000;

const isPublic = ({ platform }: AtlasTraceroute): boolean => platform === 'publicTraceroute';

/** Told which nodes come and go. */
export interface PathTreeListener {
  readonly onAdded: (node: PathNode) => void;
  readonly onRemoved: (node: PathNode) => void;
}

/**
 * Paths to one source, grown together from the source outwards: paths that end alike share the nodes of their end. What
 * is held twice in thousands of traceroutes is here once, and all that a changed link invalidates is one subtree.
 */
export class PathTree {
  readonly root: PathNode;
  readonly #listener: PathTreeListener;

  constructor(source: Ipv4Address, listener: PathTreeListener) {
    this.root = new PathNode(source, undefined);
    this.#listener = listener;
  }

  /** Adds a path, which ends at the source. Returns the node of its origin. */
  add(path: AtlasTraceroute): PathNode {
    let node = this.root;
    node.see(path);
    for (let i = path.hops.length - 2; i >= 0; i--) {
      const address = path.hops[i];
      node.children ??= new Map();
      let child = node.children.get(address);
      if (child === undefined) {
        child = new PathNode(address, node);
        node.children.set(address, child);
        this.#listener.onAdded(child);
      }
      node = child;
      node.see(path);
    }
    node.ends ??= [];
    node.ends.push(path);
    return node;
  }

  /** The node of the first of `hops`, which lead to the source; `undefined` when the tree contains no such path. */
  find(hops: AtlasTraceroute['hops']): PathNode | undefined {
    let node: PathNode | undefined = this.root;
    for (let i = hops.length - 2; i >= 0 && node !== undefined; i--) node = node.children?.get(hops[i]);
    return node;
  }

  /** Takes a path out, and the nodes that only it had. */
  remove(path: AtlasTraceroute): void {
    const end = this.find(path.hops);
    if (end?.ends === undefined) return;
    end.ends = end.ends.filter((other) => other !== path);
    for (const node of end.chain()) {
      if (node.recount() || node.parent === undefined) continue;
      node.parent.children?.delete(node.address);
      this.#listener.onRemoved(node);
    }
  }
}
