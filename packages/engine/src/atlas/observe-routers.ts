import type { Ipv4Address } from '@revtr/net';
import type { ObservedRouters } from '../ownership/observed-routers.ts';
import type { PathNode } from './path-tree.ts';
import type { SourceAtlas } from './source-atlas.ts';

/** Hops and answers that are read between two pauses. */
const BATCH = 5_000;

/**
 * Adds what an atlas shows of routers: the hops of its traceroutes and the stamps of its Record Route pings. Paths of reverse traceroutes are
 * left out, because they mix both.
 * @param pause called between batches, so that other work is not held up
 */
export async function observeRouters(
  atlas: SourceAtlas,
  routers: ObservedRouters,
  pause: () => Promise<void>,
): Promise<void> {
  let read = 0;
  if (atlas.tree.root.address !== undefined) routers.addHost(atlas.tree.root.address);
  for (const node of atlas.nodes()) {
    observeNode(node, routers);
    if (++read % BATCH === 0) await pause();
  }
  for (const { target, stamps } of atlas.tails()) {
    const answer = [target, ...stamps].filter((address, i, all) => address !== all[i - 1]);
    for (const [i, address] of answer.entries()) routers.addStamp(answer[i - 1], address, answer[i + 1]);
    if (++read % BATCH === 0) await pause();
  }
}

function observeNode(node: PathNode, routers: ObservedRouters): void {
  const { address, parent, traced } = node;
  if (address === undefined || traced === undefined) return;
  if (node.ends?.some(isTraced)) routers.addHost(address);
  const before = tracedChildren(node);
  for (const other of before) routers.addTraced(other, address, parent?.address);
}

/** Addresses right before a hop; `undefined` for a silent router. */
function tracedChildren({ children }: PathNode): (Ipv4Address | undefined)[] {
  return [...(children?.values() ?? [])].flatMap(({ address, traced }) => (traced === undefined ? [] : [address]));
}

const isTraced = ({ platform }: { readonly platform: string }): boolean => platform !== 'reverseTraceroute';
