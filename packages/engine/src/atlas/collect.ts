import type { Ipv4Address } from '@revtr/net';
import { inParallel, type Prober, ProbingError } from '@revtr/probing';
import type { VantagePointRanking } from '../ranking/ranking.ts';
import { recordRoutePing } from '../record-route/ping.ts';
import { type ReadingFacts, readRecordRoute } from '../record-route/read-answer.ts';
import type { Atlas } from './atlas.ts';
import type { TailStamps } from './placing.ts';
import { toAtlasTraceroute } from './traceroute.ts';

/** How an atlas is collected. */
export interface CollectOptions {
  readonly source: Ipv4Address;
  /** Hosts that send traceroutes to the source. */
  readonly origins: readonly Ipv4Address[];
  /** Whether hops that the atlas holds already are left alone. Default false. */
  readonly onlyNewHops?: boolean;
  /** Spoofers asked for each hop that the source's own Record Route ping does not reach. */
  readonly spoofersPerHop: number;
  /** Measurements under way at once. */
  readonly concurrency: number;
  /** How long to wait for each reply, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What collecting an atlas took and gave. */
export interface CollectReport {
  readonly traceroutes: number;
  readonly arrived: number;
  readonly recordRoutePings: number;
  readonly placedExactly: number;
  readonly placedBetween: number;
}

/** Measures the atlas of one source: traceroutes to it, then Record Route pings to their hops. */
export async function collectAtlas(
  options: CollectOptions,
  collaborators: {
    readonly prober: Prober;
    readonly atlas: Atlas;
    readonly ranking: VantagePointRanking;
    readonly facts: ReadingFacts;
  },
): Promise<CollectReport> {
  const { prober, atlas, facts } = collaborators;
  const { source, origins, concurrency, timeoutMs, signal } = options;
  let id = atlas.traceroutesTo(source).reduce((most, { id }) => Math.max(most, id), 0);
  const known = new Set(options.onlyNewHops === true ? atlas.hopsTo(source) : []);
  let arrived = 0;
  await inParallel(origins.length, concurrency, async (i) => {
    if (origins[i] === source) return;
    const request = { type: 'traceroute', sender: origins[i], target: source, timeoutMs } as const;
    const result = await prober.traceroute(request, signal).catch(unlessCancelled);
    const traceroute = result && toAtlasTraceroute(id + 1, result);
    if (traceroute === undefined) return;
    id++;
    arrived++;
    atlas.add(traceroute);
  });
  const hops = atlas.hopsTo(source).filter((hop) => !known.has(hop));
  const tails: TailStamps[] = [];
  let recordRoutePings = 0;
  await inParallel(hops.length, concurrency, async (i) => {
    for (const sender of [source, ...collaborators.ranking.rank(hops[i]).slice(0, options.spoofersPerHop)]) {
      recordRoutePings++;
      const stamps = await stampsBehind(prober, facts, { sender, source, target: hops[i], timeoutMs }, signal);
      if (stamps === undefined) continue;
      tails.push({ target: hops[i], stamps });
      break;
    }
  });
  const placements = [...atlas.addTails(source, tails).values()].flat();
  const exact = placements.filter(({ first, last }) => first === last).length;
  const placedBetween = placements.length - exact;
  return { traceroutes: origins.length, arrived, recordRoutePings, placedExactly: exact, placedBetween };
}

/** Stamps behind the target's own in the answer to one ping, as the source sees it; `undefined` when there are none. */
async function stampsBehind(
  prober: Prober,
  facts: ReadingFacts,
  ping: {
    readonly sender: Ipv4Address;
    readonly source: Ipv4Address;
    readonly target: Ipv4Address;
    readonly timeoutMs: number;
  },
  signal?: AbortSignal,
): Promise<Ipv4Address[] | undefined> {
  const request = recordRoutePing(ping.sender, ping.source, ping.target, ping.timeoutMs);
  const result = await prober.ping(request, signal).catch(unlessCancelled);
  if (result?.reply?.recordRoute === undefined) return undefined;
  const reading = readRecordRoute(ping.target, result.reply.recordRoute, { ...facts, useHeuristics: false });
  return reading.hops.length > 0 ? reading.hops.map(({ address }) => address) : undefined;
}

/** What one host cannot measure must not end the whole collection. */
function unlessCancelled(error: unknown): undefined {
  if (error instanceof ProbingError && error.code !== 'cancelled') return undefined;
  throw error;
}
