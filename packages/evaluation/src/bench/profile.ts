import { Session } from 'node:inspector/promises';

/** A place in the code, and its share of the busy time of the main thread. */
export interface Cost {
  readonly what: string;
  readonly share: number;
}

/** Runs `work` under the sampling profiler. Returns its result and the twelve largest costs by package and by function. */
export async function profiled<T>(work: () => Promise<T>): Promise<{ result: T; byPlace: Cost[]; byFunction: Cost[] }> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 500 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const byPlace = new Map<string, number>();
  const byFunction = new Map<string, number>();
  for (const { callFrame, hitCount = 0 } of profile.nodes) {
    const { functionName, url } = callFrame;
    if (functionName === '(idle)' || functionName === '(root)') continue;
    const place = placeOf(url, functionName);
    byPlace.set(place, (byPlace.get(place) ?? 0) + hitCount);
    const name = `${place} ${functionName || 'anonymous'}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + hitCount);
  }
  return { result, byPlace: largest(byPlace), byFunction: largest(byFunction) };
}

function placeOf(url: string, functionName: string): string {
  const own = /packages\/([a-z-]+)\/src/.exec(url);
  if (own !== null) return own[1];
  const module = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url);
  if (module !== null) return module[1];
  if (functionName === '(garbage collector)') return 'garbage collection';
  return url.startsWith('node:') ? 'node' : 'runtime';
}

function largest(counts: ReadonlyMap<string, number>): Cost[] {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 12)
    .map(([what, count]) => ({ what, share: Math.round((1000 * count) / total) / 1000 }));
}
