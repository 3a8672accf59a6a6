import type { Ipv4Address } from '@revtr/net';
import { type Clock, inParallel, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import type { AtlasPlatform } from '../path/evidence.ts';
import { OUT_OF_REACH, type VantagePointRanking } from '../ranking/ranking.ts';
import { recordRoutePing } from '../record-route/ping.ts';
import { type ReadingFacts, readRecordRoute, recordRouteAnswer } from '../record-route/read-answer.ts';
import type { HostWatch } from '../timing/host-watch.ts';
import { Outages } from '../timing/outages.ts';
import type { Atlas } from './atlas.ts';
import type { TailStamps } from './placing.ts';
import { pathOfTraceroute } from './traceroute.ts';

/** Options for collecting the atlas of one source. */
export interface CollectOptions {
  readonly source: Ipv4Address;
  /** Most spoofers asked for each hop that the source's own Record Route ping does not reach. */
  readonly spoofersPerHop: number;
  /** Most measurements in flight. */
  readonly concurrency: number;
  /** How long to wait for each reply, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called after each measurement with the number of those done and of all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Options for collecting Record Route stamps behind the hops of an atlas. */
export interface TailsOptions extends CollectOptions {
  /** Called after each hop with what has been found so far, which is all that is known when the collection is interrupted. */
  readonly onReport?: (report: TailsReport) => void;
}

/** What collecting an atlas uses. */
export interface CollectCollaborators {
  readonly prober: Prober;
  readonly clock: Clock;
  readonly atlas: Atlas;
  readonly ranking: VantagePointRanking;
  readonly facts: ReadingFacts;
  readonly mayProbe: (address: Ipv4Address) => boolean;
  /** Tells an outage of the source or of a vantage point from a silence of hops. */
  readonly hosts?: HostWatch;
}

/** A host that sends traceroutes to the source. */
export interface TracerouteOrigin {
  readonly address: Ipv4Address;
  readonly platform: Extract<AtlasPlatform, 'vantagePoint' | 'ripeAtlas'>;
}

/**
 * Measures a traceroute from each origin to the source, and adds those that arrive to the atlas. Returns how many arrived.
 * @throws {ProbingError} `cancelled` when the signal fires
 */
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
      const path = result && pathOfTraceroute(result, platform, atlas.aliases);
      if (path !== undefined) {
        atlas.add(path);
        arrived++;
      }
    }
    onProgress?.(++done, origins.length);
  });
  return arrived;
}

/** Cost and yield of Record Route pings to the hops of an atlas. */
export interface TailsReport {
  /** Hops that were pinged. */
  readonly hops: number;
  readonly recordRoutePings: number;
  /** Hops whose answer has a stamp behind the hop's own. */
  readonly answered: number;
}

/**
 * Sends Record Route pings to every hop of the atlas that was not pinged since `notSince` (milliseconds since the Unix epoch): first from the
 * source, then spoofed from the nearest vantage points, until one shows a reverse hop. Adds the stamps to the atlas.
 * A ping that was not sent, or whose sender or receiver was offline, is not added: the hop is pinged again next time. The pings to a hop are added
 * together when they have ended, also when the collection is interrupted then: the hops that were under way are pinged again.
 * @throws {ProbingError} `cancelled` when the signal fires; `proberStopped` when the source is offline for more than a minute
 */
export async function collectTails(
  options: TailsOptions,
  notSince: number,
  collaborators: CollectCollaborators,
): Promise<TailsReport> {
  const { atlas, clock, mayProbe, hosts } = collaborators;
  const { source, concurrency, timeoutMs, signal, onProgress, onReport } = options;
  const known = atlas.of(source);
  const hops = (known?.hops() ?? []).filter((hop) => mayProbe(hop) && (known?.pingedAt(hop) ?? 0) < notSince);
  let report: TailsReport = { hops: 0, recordRoutePings: 0, answered: 0 };
  let batch: TailStamps[] = [];
  const add = (): void => {
    if (batch.length > 0) atlas.addTails(source, batch);
    batch = [];
  };
  const outages = new Outages({ mostWaitMs: MOST_OUTAGE_WAIT_MS }, { hosts, clock });
  try {
    await inParallel(hops.length, concurrency, async (i) => {
      const target = hops[i];
      const found: TailStamps[] = [];
      let pings = 0;
      for (const sender of sendersFor(target, source, options.spoofersPerHop, collaborators.ranking)) {
        pings++;
        const at = clock.now();
        const ping = { sender, source, target, timeoutMs };
        const stamps = await stampsBehind(ping, { ...collaborators, outages }, signal);
        // A ping that was not sent says nothing about the hop: the hop is pinged again next time.
        if (stamps === undefined) continue;
        found.push({ target, sender, at, stamps });
        if (stamps.length > 0) break;
      }
      batch.push(...found);
      report = {
        hops: report.hops + 1,
        recordRoutePings: report.recordRoutePings + pings,
        answered: report.answered + (found.some(({ stamps }) => stamps.length > 0) ? 1 : 0),
      };
      onReport?.(report);
      onProgress?.(report.hops, hops.length);
      if (batch.length >= TAILS_AT_ONCE) add();
    });
  } finally {
    add();
  }
  return report;
}

/** Longest time that a collection waits for a source that is offline, milliseconds. */
const MOST_OUTAGE_WAIT_MS = 60_000;
/** Pings added to the atlas together, because placing a path again costs the same for one ping as for many. */
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

/**
 * Stamps behind the target's own in the answer to one ping, as the source sees it; empty when there are none, `undefined` when the ping was
 * not sent or was lost.
 */
async function stampsBehind(
  ping: {
    readonly sender: Ipv4Address;
    readonly source: Ipv4Address;
    readonly target: Ipv4Address;
    readonly timeoutMs: number;
  },
  {
    prober,
    clock,
    atlas,
    facts,
    outages,
  }: Pick<CollectCollaborators, 'prober' | 'clock' | 'atlas' | 'facts'> & { readonly outages: Outages },
  signal?: AbortSignal,
): Promise<readonly Ipv4Address[] | undefined> {
  const { sender, source } = ping;
  const request = recordRoutePing(sender, source, ping.target, ping.timeoutMs);
  let since = clock.now();
  const probe = (): Promise<PingResult | undefined> => {
    since = clock.now();
    return prober.ping(request, signal).catch(unlessCancelled);
  };
  const isSilent = (result: PingResult | undefined): boolean => result?.reply === undefined;
  const result = await outages.repeated(source, { probe, isSilent }, signal);
  if (result === undefined) return undefined;
  if (result.reply === undefined && (await outages.offlineSince([sender], since, signal)).has(sender)) return undefined;
  const answer = recordRouteAnswer(result);
  if (answer === undefined) return [];
  const reading = readRecordRoute(answer, { ...facts, useHeuristics: false });
  atlas.doubleStampers.learn(reading.stamps, reading.own, facts.ipToAs.originOf(ping.target));
  return reading.hops.map(({ address }) => address);
}

/** Lets the collection continue when one host cannot measure. */
function unlessCancelled(error: unknown): undefined {
  if (error instanceof ProbingError && error.code !== 'cancelled') return undefined;
  throw error;
}
