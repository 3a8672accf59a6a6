import type { PathNode } from './path-tree.ts';
import type { SourceAtlas } from './source-atlas.ts';
import { type AtlasTraceroute, pathKey } from './traceroute.ts';

/** When paths are measured again. */
export interface RefreshPolicy {
  /** Age from which a path is not used any more, milliseconds. */
  readonly maxAgeMs: number;
  /** How long before that it is measured again, milliseconds. */
  readonly aheadMs: number;
  /** A place of the atlas counts as used when a reverse traceroute has met it within so long, milliseconds. */
  readonly usedWithinMs: number;
}

/** As old as the atlas may be by default; measured again from three quarters of that on, if used within it. */
export const DEFAULT_REFRESH: RefreshPolicy = {
  maxAgeMs: 86_400_000,
  aheadMs: 21_600_000,
  usedWithinMs: 86_400_000,
};

/**
 * Which paths to measure again, most urgent first: those that a changed segment took away, those that answers contradict, then the fewest
 * that keep alive every place that is used and would soon be too old. At most `most`.
 */
export function planRefresh(atlas: SourceAtlas, policy: RefreshPolicy, now: number, most: number): AtlasTraceroute[] {
  const chosen = new Map<string, AtlasTraceroute>();
  for (const [key, path] of atlas.lost) if (chosen.size < most) chosen.set(key, path);
  for (const path of atlas.disputedPaths()) if (chosen.size < most) chosen.set(pathKey(path), path);
  const isUsed = (node: PathNode): boolean => node.usedAt > 0 && node.usedAt >= now - policy.usedWithinMs;
  const isDue = ({ traced }: PathNode): boolean =>
    traced !== undefined && traced.at <= now - (policy.maxAgeMs - policy.aheadMs);
  // A path that begins far from the source also refreshes all its hops that are nearer to the source.
  const due = [...atlas.nodes()].filter((node) => isUsed(node) && isDue(node)).sort((a, b) => b.depth - a.depth);
  const covered = new Set<PathNode>();
  for (const node of due) {
    if (chosen.size >= most) break;
    if (covered.has(node) || node.traced === undefined) continue;
    chosen.set(pathKey(node.traced), node.traced);
    for (const behind of node.chain()) covered.add(behind);
  }
  return [...chosen.values()];
}

/** Traceroutes that have added nothing: measured at least `afterMs` ago, and never met where no other path leads. */
export function idlePaths(atlas: SourceAtlas, now: number, afterMs: number): AtlasTraceroute[] {
  return atlas.measuredPaths().filter((path) => {
    if (path.at > now - afterMs) return false;
    for (let node = atlas.tree.find(path.hops); node !== undefined; node = node.parent) {
      if (node.usedAt > 0) return false;
      if (node.parent !== undefined && (node.parent.children?.size ?? 0) > 1) return true;
    }
    return true;
  });
}
