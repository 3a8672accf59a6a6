import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { Candidates, IntersectionQuery, PlacedStamp } from './intersection.ts';
import type { PathNode } from './path-tree.ts';

/** Where addresses lie on the paths to one source: as hops of traceroutes, or as Record Route stamps placed between them. */
export class PlaceIndex {
  readonly #aliases: Aliases;
  readonly #nodes = new Map<Ipv4Address, PathNode[]>();
  readonly #placed = new Map<Ipv4Address, PlacedStamp[]>();
  /** Nodes, and stamps with one position, by the key of their router where that is another address. */
  readonly #routers = new Map<number, (PathNode | PlacedStamp)[]>();

  constructor(aliases: Aliases) {
    this.#aliases = aliases;
  }

  /** Adds a node. A root, which is the source, is found by its address only. */
  addNode(node: PathNode): void {
    if (node.address === undefined) return;
    push(this.#nodes, node.address, node);
    if (node.parent === undefined) return;
    const key = this.#aliases.routerKey(node.address);
    if (key !== undefined && key !== node.address) push(this.#routers, key, node);
  }

  removeNode(node: PathNode): void {
    if (node.address === undefined) return;
    drop(this.#nodes, node.address, node);
    const key = this.#aliases.routerKey(node.address);
    if (key !== undefined && key !== node.address) drop(this.#routers, key, node);
  }

  /** Nodes of an address, in the order in which they were added. */
  nodesOf(address: Ipv4Address): readonly PathNode[] {
    return this.#nodes.get(address) ?? [];
  }

  /** Nodes of a router, by each address that is known of it, and those at which a Record Route address of it is placed. */
  *nodesOfRouter(address: Ipv4Address): Generator<PathNode> {
    for (const { places } of this.candidates({ address, useRecordRoute: true }))
      for (const place of places) if (place.first === place.last) yield place.first;
  }

  /** Nodes by address, in the order in which the addresses were added. */
  nodes(): Iterable<readonly [Ipv4Address, readonly PathNode[]]> {
    return this.#nodes;
  }

  /** Counts one path more that places `address` from `first` to `last`. */
  addStamp(address: Ipv4Address, first: PathNode, last: PathNode): PlacedStamp {
    const known = this.#placed.get(address)?.find((stamp) => stamp.first === first && stamp.last === last);
    if (known !== undefined) {
      known.paths++;
      return known;
    }
    const stamp: PlacedStamp = { address, first, last, paths: 1 };
    push(this.#placed, address, stamp);
    const key = this.#aliases.routerKey(address);
    if (first === last && key !== undefined && key !== address) push(this.#routers, key, stamp);
    return stamp;
  }

  /** Counts one path less. A stamp that no path places is removed. */
  removeStamp(stamp: PlacedStamp): void {
    stamp.paths--;
    if (stamp.paths > 0) return;
    drop(this.#placed, stamp.address, stamp);
    const key = this.#aliases.routerKey(stamp.address);
    if (stamp.first === stamp.last && key !== undefined && key !== stamp.address) drop(this.#routers, key, stamp);
  }

  /** The places where an address may be, the most certain kind of match first; none for an address that identifies no router. */
  *candidates({
    address,
    useRecordRoute,
  }: Pick<IntersectionQuery, 'address' | 'useRecordRoute'>): Generator<Candidates> {
    const key = this.#aliases.routerKey(address);
    if (key === undefined) return;
    yield { match: 'exact', places: this.#nodes.get(address) ?? [] };
    yield { match: 'alias', places: this.#aliasesOf(key, address, useRecordRoute) };
    if (!useRecordRoute) return;
    const placed = this.#placed.get(address) ?? [];
    yield { match: 'recordRoute', places: placed.filter(isExact) };
    yield { match: 'recordRouteBetween', places: placed.filter((stamp) => !isExact(stamp)) };
  }

  /** Places of the same router under other addresses. */
  *#aliasesOf(key: number, address: Ipv4Address, useRecordRoute: boolean): Generator<PathNode | PlacedStamp> {
    const lists = [this.#routers.get(key), ...(key === address ? [] : [this.#nodes.get(key), this.#placed.get(key)])];
    for (const list of lists)
      for (const place of list ?? [])
        if (place.address !== address && ('depth' in place || (useRecordRoute && isExact(place)))) yield place;
  }
}

const isExact = ({ first, last }: PlacedStamp): boolean => first === last;

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function drop<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const left = (lists.get(key) ?? []).filter((other) => other !== value);
  if (left.length === 0) lists.delete(key);
  else lists.set(key, left);
}
