import type { Ipv4Address } from '@revtr/net';

/** Which vantage points to ask first. */
export interface VantagePointRanking {
  /** Vantage points believed to be near enough to `target`, nearest first. */
  rank(target: Ipv4Address): readonly Ipv4Address[];
  /** Stamps that a packet from `sender` is expected to collect before the target's; `undefined` when nothing is known. */
  expectedDistance(sender: Ipv4Address, target: Ipv4Address): number | undefined;
  /** Learns from an answer: the slot where the way back began, or {@link OUT_OF_REACH}. */
  observe(sender: Ipv4Address, target: Ipv4Address, distance: number): void;
}

/** Distance of a target whose way back did not fit into the option. */
export const OUT_OF_REACH = 9;
