import { basename } from 'node:path';
import { z } from 'zod';

/** A place in the code, and its share of the busy time of the thread. */
interface Cost {
  readonly what: string;
  readonly share: number;
}

/** The three largest costs of a profile by self time. */
export interface Costs {
  readonly byPackage: readonly Cost[];
  readonly byFunction: readonly Cost[];
}

/** What is read of a CPU profile of V8 (type `Profile` of the Chrome DevTools Protocol). */
export const cpuProfileSchema = z.object({
  nodes: z.array(
    z.object({
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() }),
      hitCount: z.int().default(0),
    }),
  ),
});
/** What is read of a CPU profile of V8. */
export type CpuProfile = z.infer<typeof cpuProfileSchema>;

const LARGEST = 3;
/** Samples while the thread waited for work. */
const IDLE = ['(idle)', '(root)'];

/** The largest costs of profiles, which are added up. Time in which a thread was idle does not count. */
export function costsOf(profiles: readonly CpuProfile[]): Costs {
  const byPackage = new Map<string, number>();
  const byFunction = new Map<string, number>();
  const add = (counts: Map<string, number>, what: string, hits: number): void =>
    void counts.set(what, (counts.get(what) ?? 0) + hits);
  for (const { callFrame, hitCount } of profiles.flatMap(({ nodes }) => nodes)) {
    const { functionName, url, lineNumber } = callFrame;
    if (IDLE.includes(functionName)) continue;
    const name = packageOf(url, functionName);
    add(byPackage, name, hitCount);
    add(byFunction, `${name} ${functionName || `${basename(url)}:${lineNumber + 1}`}`, hitCount);
  }
  return { byPackage: largest(byPackage), byFunction: largest(byFunction) };
}

function packageOf(url: string, functionName: string): string {
  const own = /packages\/([a-z-]+)\/src/.exec(url);
  if (own !== null) return own[1];
  const library = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (library !== null) return library[1];
  if (functionName === '(garbage collector)') return 'garbage collection';
  return url.startsWith('node:') ? 'node' : 'runtime';
}

function largest(counts: ReadonlyMap<string, number>): Cost[] {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, LARGEST)
    .map(([what, count]) => ({ what, share: Math.round((1000 * count) / total) / 1000 }));
}
