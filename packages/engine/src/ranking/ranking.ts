import type { Ipv4Address } from '@revtr/net';
import type { KnowledgeLevel } from './success-rates.ts';

/** A vantage point of a ranking. */
export interface RankedVantagePoint {
  readonly address: Ipv4Address;
  /** Expected Record Route distance: stamps that its packets collect before the target's, 1 to 9. */
  readonly distance: number;
  /** What the expectation rests on. */
  readonly level: KnowledgeLevel;
  /** Router by which its packets enter the target's prefix, where that is known. */
  readonly ingress?: Ipv4Address;
  /** Probability that it is within reach of a target that answers, 0 to 1. */
  readonly chance: number;
}

/** Decides which vantage points are asked first, and learns from their answers. */
export interface VantagePointRanking {
  /**
   * Vantage points that are expected to be near enough to `target`, best first.
   * @param nearer how many links nearer the target is than the addresses of its network that are known. Default 0. A ranking may ignore it.
   */
  rank(target: Ipv4Address, nearer?: number): readonly RankedVantagePoint[];
  /** Expected Record Route distance from `sender` to `target`; `undefined` when nothing is known. */
  expectedDistance(sender: Ipv4Address, target: Ipv4Address): number | undefined;
  /** Learns from an answer: the slot where the reverse path began, or {@link OUT_OF_REACH}, and all stamps of the answer. */
  observe(sender: Ipv4Address, target: Ipv4Address, distance: number, stamps: readonly Ipv4Address[]): void;
  /** Learns that a target which answers other vantage points did not answer this one. */
  observeSilence(sender: Ipv4Address, target: Ipv4Address): void;
  /** Replaces the vantage points to choose from. Knowledge of the others is kept until they return. */
  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void;
  /** Recomputes the order that is used for networks without any knowledge. Call it after a survey. */
  rankGlobally(): void;
}

/** Distance of a target whose reverse path did not fit into the nine slots of the option (RFC 791). */
export const OUT_OF_REACH = 9;
