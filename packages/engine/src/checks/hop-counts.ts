import { ICMP } from '@revtr/net';
import { hopCountOf } from '../measurement/hop-count.ts';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from '../techniques/contract/measurement.ts';

/** A path after a check: its hops, and the probability that every hop is right, 0 to 1. */
export interface CheckedPath {
  readonly hops: readonly Hop[];
  readonly confidence: number;
}

/**
 * Factors of the confidence of a hop, and of the whole path, when hop counts show that packets of the destination take another path. Without such
 * routing, 1 % of the paths of the simulator (profile `kind`, seeds 1 to 3) are in doubt because a router counts twice, and 8 of 11 are right.
 */
const DOUBT = { hop: 0.85, path: 0.6 };

/**
 * Compares the path with the number of routers that answers have passed on their way back, which the TTL of each answer tells. A path that is
 * longer than the way of the packets it is made for is not their way. From the first hop that is in doubt the hops are `inferred`, with less
 * confidence, and the first one has the divergence `notDestinationBased`.
 *
 * - Answers of the destination with options that have passed another number of routers than its answer to a plain ping take another path: every
 *   hop is in doubt.
 * - The hops that packets of a later hop have shown are in doubt when packets of an earlier hop pass fewer routers than that later hop is away.
 */
export function checkedByHopCounts(measurement: Measurement): CheckedPath {
  const { path } = measurement;
  const { hops, confidence } = path;
  const from = optionsTakeAnotherWay(measurement) ? 1 : firstFromAnotherWay(measurement);
  if (from === undefined || from >= hops.length - 1) return { hops, confidence };
  const checked = hops.map((hop, i) =>
    i < from ? hop : doubted(hop, { isFirst: i === from, isSource: hop.address === path.source }),
  );
  return { hops: checked, confidence: confidence * DOUBT.path };
}

function doubted(hop: Hop, { isFirst, isSource }: { readonly isFirst: boolean; readonly isSource: boolean }): Hop {
  const trust = hop.trust === 'measured' ? 'inferred' : hop.trust;
  // Wherever the packets go, they end at the source.
  if (isSource) return { ...hop, trust };
  const divergence = isFirst ? { divergence: hop.divergence ?? ('notDestinationBased' as const) } : {};
  return { ...hop, trust, confidence: hop.confidence * DOUBT.hop, ...divergence };
}

function optionsTakeAnotherWay({ path, plainPings, targetAnswers }: Measurement): boolean {
  const destination = path.hops[0].address;
  const plain = plainPings.replyOf(destination);
  const withOptions = targetAnswers.hopCountsOf(destination);
  if (plain === undefined || plain.icmpType !== ICMP.echoReply || withOptions.length === 0) return false;
  return !withOptions.includes(hopCountOf(plain.ttl));
}

/** Position of the first hop that was found from packets which take another way than those of a hop before; `undefined` when there is none. */
function firstFromAnotherWay({ path, targetAnswers, aliases }: Measurement): number | undefined {
  const { hops } = path;
  const isVisible = ({ technique }: Hop): boolean => technique !== 'atlasBetween';
  const counts = hops.map(({ address }) => targetAnswers.hopCountsOf(address));
  /** Routers from hop `from` to hop `to`, the latter included. A router placed between two hops may be one of them. */
  const routersBetween = (from: number, to: number): number => hops.slice(from + 1, to + 1).filter(isVisible).length;
  const isFoundFrom = (hop: Hop, target: Hop): boolean =>
    'target' in hop.evidence && aliases.sameRouter(hop.evidence.target, target.address);
  for (const [i, own] of counts.entries()) {
    if (own.length === 0) continue;
    const longest = Math.max(...own);
    for (let j = i + 1; j < hops.length; j++) {
      const behind = j === hops.length - 1 && path.isComplete ? [-1] : counts[j];
      if (behind.length === 0 || longest >= Math.min(...behind) + routersBetween(i, j)) continue;
      const from = hops.findIndex((hop, at) => at > i && !isFoundFrom(hop, hops[i]));
      return from < 0 ? undefined : from;
    }
  }
  return undefined;
}
