import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { AuditedPair } from './own-probes.ts';

/** What a pair is chosen from. */
export interface Candidates {
  /** Hosts that can send probes now: vantage points and sources. */
  readonly hosts: readonly Ipv4Address[];
  readonly sources: readonly Ipv4Address[];
  /** When a pair was last audited, milliseconds since the Unix epoch; `undefined` for never, or long ago. */
  readonly lastAudited: (pair: AuditedPair) => number | undefined;
}

/**
 * Chooses a pair that was not audited since `notSince` (milliseconds since the Unix epoch): one of those that were never audited, else the
 * one whose last audit is longest ago. A host and a source in the same /24 are no pair. `undefined` when there is none.
 */
export function choosePair(candidates: Candidates, notSince: number, random: Random): AuditedPair | undefined {
  const { hosts, sources, lastAudited } = candidates;
  const pairs = sources.flatMap((source) =>
    hosts.filter((host) => host >>> 8 !== source >>> 8).map((host) => ({ host, source })),
  );
  const fresh = pairs.filter((pair) => lastAudited(pair) === undefined);
  if (fresh.length > 0) return random.pick(fresh);
  const due = pairs.filter((pair) => (lastAudited(pair) ?? 0) < notSince);
  due.sort((a, b) => (lastAudited(a) ?? 0) - (lastAudited(b) ?? 0));
  return due[0];
}
