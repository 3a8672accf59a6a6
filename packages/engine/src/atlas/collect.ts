import type { Ipv4Address } from '@revtr/net';
import { type Clock, inParallel, type Prober, ProbingError } from '@revtr/probing';
import type { AtlasPlatform } from '../path/evidence.ts';
import { OUT_OF_REACH, type VantagePointRanking } from '../ranking/ranking.ts';
import { recordRoutePing } from '../record-route/ping.ts';
import { type ReadingFacts, readRecordRoute } from '../record-route/read-answer.ts';
import type { Atlas } from './atlas.ts';
import type { TailStamps } from './placing.ts';
import { pathOfTraceroute } from './traceroute.ts';

/** How an atlas is collected. */
export interface CollectOptions {
  readonly source: Ipv4Address;
  /** Spoofers asked for each hop that the source's own Record Route ping does not reach. */
  readonly spoofersPerHop: number;
  /** Measurements under way at once. */
  readonly concurrency: number;
  /** How long to wait for each reply, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Told after each measurement how many are done, and of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface CollectCollaborators {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly atlas: Atlas;
  readonly ranking: VantagePointRanking;
  readonly facts: ReadingFacts;
  readonly mayProbe: (address: Ipv4Address) => boolean;
}

/** A host that sends traceroutes. */
export interface TracerouteOrigin {
  readonly address: Ipv4Address;
  readonly platform: Exclude<AtlasPlatform, 'reverseTraceroute'>;
}

/** Adds the traceroutes of hosts that the prober has. Returns how many arrived at the source. */
export async function collectTraceroutes(
  options: CollectOptions,
  origins: readonly TracerouteOrigin[],
  { prober, atlas }: Pick<CollectCollaborators, 'prober' | 'atlas'>,
): Promise<number> {
  const { source, concurrency, timeoutMs, signal, onProgress } = options;
  let arrived = 0;
  let done = 0;
  await inParallel(origins.length, concurrency, async (i) => {
    const { address, platform } = origins[i];
    if (address !== source) {
      const request = { type: 'traceroute', sender: address, target: source, timeoutMs } as const;
      const result = await prober.traceroute(request, signal).catch(unlessCancelled);
      const path = result && pathOfTraceroute(result, platform);
      if (path !== undefined) {
        atlas.add(path);
        arrived++;
      }
    }
    onProgress?.(++done, origins.length);
  });
  return arrived;
}

/** What Record Route pings to the hops of an atlas took and gave. */
export interface TailsReport {
  readonly hops: number;
  readonly recordRoutePings: number;
  /** Hops behind which something was stamped. */
  readonly answered: number;
}

/**
 * Sends Record Route pings to every hop of the atlas that has had none since `notSince`, directly and spoofed, from the nearest
 * first, and adds what they show.
 */
export async function collectTails(
  options: CollectOptions,
  notSince: number,
  collaborators: CollectCollaborators,
): Promise<TailsReport> {
  const { atlas, clock, prober, facts, mayProbe } = collaborators;
  const { source, concurrency, timeoutMs, signal, onProgress } = options;
  const known = atlas.of(source);
  const hops = (known?.hops() ?? []).filter((hop) => mayProbe(hop) && (known?.pingedAt(hop) ?? 0) < notSince);
  let recordRoutePings = 0;
  let answered = 0;
  let done = 0;
  let batch: TailStamps[] = [];
  await inParallel(hops.length, concurrency, async (i) => {
    const target = hops[i];
    for (const sender of sendersFor(target, source, options.spoofersPerHop, collaborators.ranking)) {
      recordRoutePings++;
      const at = clock.now();
      const stamps = await stampsBehind(prober, facts, { sender, source, target, timeoutMs }, signal);
      batch.push({ target, sender, at, stamps });
      if (stamps.length === 0) continue;
      answered++;
      break;
    }
    onProgress?.(++done, hops.length);
    if (batch.length < TAILS_AT_ONCE) return;
    atlas.addTails(source, batch);
    batch = [];
  });
  if (batch.length > 0) atlas.addTails(source, batch);
  return { hops: hops.length, recordRoutePings, answered };
}

/** Placing a path anew costs the same for one ping as for many. */
const TAILS_AT_ONCE = 1_000;

/** The source itself unless it is known to be too far, then spoofers, nearest first. */
function sendersFor(
  hop: Ipv4Address,
  source: Ipv4Address,
  spoofers: number,
  ranking: VantagePointRanking,
): Ipv4Address[] {
  const distance = ranking.expectedDistance(source, hop) ?? 0;
  const ranked = ranking
    .rank(hop)
    .slice(0, spoofers)
    .map(({ address }) => address);
  return distance < OUT_OF_REACH ? [source, ...ranked] : ranked;
}

/** Stamps behind the target's own in the answer to one ping, as the source sees it; empty when there are none. */
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
): Promise<readonly Ipv4Address[]> {
  const request = recordRoutePing(ping.sender, ping.source, ping.target, ping.timeoutMs);
  const result = await prober.ping(request, signal).catch(unlessCancelled);
  if (result?.reply?.recordRoute === undefined) return [];
  const reading = readRecordRoute(ping.target, result.reply.recordRoute, { ...facts, useHeuristics: false });
  return reading.hops.map(({ address }) => address);
}

/** What one host cannot measure must not end the whole collection. */
function unlessCancelled(error: unknown): undefined {
  if (error instanceof ProbingError && error.code !== 'cancelled') return undefined;
  throw error;
}
