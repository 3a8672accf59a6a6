import { type Ipv4Address, MAX_RECORD_ROUTE_SLOTS, prefixContains } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { TurningPoint } from '../path/evidence.ts';

/** A reverse hop and its slot. */
export interface StampedHop {
  readonly address: Ipv4Address;
  /** Position in the option, from 0. */
  readonly slot: number;
}

/** What a Record Route answer says about the reverse path. */
export interface RecordRouteReading {
  /** Routers behind the target, in order; empty when the target was out of reach or no turning point was found. */
  readonly hops: readonly StampedHop[];
  /** How the turning point was found; absent when it was not. */
  readonly turn?: TurningPoint;
  /** First slot of the reverse path, from 0: the distance of the sender in stamps. Absent without a turning point. */
  readonly turnSlot?: number;
  /** Whether slots were left when the answer arrived: then every stamping router of the reverse path is in it. */
  readonly isWhole: boolean;
}

/** Facts that the reading of an answer uses. */
export interface ReadingFacts {
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
  /** Whether the turning point is inferred for a target that does not stamp. */
  readonly useHeuristics: boolean;
}

/**
 * Separates forward from reverse hops in the stamps of an answered Record Route ping (RFC 791). The target's own stamp is the turning
 * point, its last one when it stamps twice; when it does not stamp, a router that stamps on both sides of it, a loop, or
 * the last stamp inside the target's announced prefix (IMC 2022, section 4.3) take its place.
 */
export function readRecordRoute(
  target: Ipv4Address,
  stamps: readonly Ipv4Address[],
  facts: ReadingFacts,
): RecordRouteReading {
  const isWhole = stamps.length < MAX_RECORD_ROUTE_SLOTS;
  const turning =
    findOwnStamp(target, stamps, facts.aliases) ?? (facts.useHeuristics ? guessTurn(target, stamps, facts) : undefined);
  if (turning === undefined) return { hops: [], isWhole };
  const hops = stamps
    .map((address, slot): StampedHop => ({ address, slot }))
    .slice(turning.slot)
    .filter(({ address }) => address !== 0);
  return { hops: withoutLoops(hops, facts.aliases), turn: turning.turn, turnSlot: turning.slot, isWhole };
}

interface Turning {
  readonly turn: TurningPoint;
  /** First slot of the reverse path. */
  readonly slot: number;
}

function findOwnStamp(target: Ipv4Address, stamps: readonly Ipv4Address[], aliases: Aliases): Turning | undefined {
  const exact = stamps.lastIndexOf(target);
  if (exact >= 0) return { turn: 'stamp', slot: exact + 1 };
  const alias = stamps.findLastIndex((stamp) => aliases.sameRouter(stamp, target));
  return alias >= 0 ? { turn: 'alias', slot: alias + 1 } : undefined;
}

function guessTurn(
  target: Ipv4Address,
  stamps: readonly Ipv4Address[],
  { aliases, ipToAs }: ReadingFacts,
): Turning | undefined {
  for (let slot = 1; slot < stamps.length; slot++) {
    if (aliases.sameRouter(stamps[slot - 1], stamps[slot])) return { turn: 'doubleStamp', slot };
  }
  for (let slot = 2; slot < stamps.length; slot++) {
    const before = stamps.slice(0, slot - 1);
    if (before.some((stamp) => aliases.sameRouter(stamp, stamps[slot]))) return { turn: 'loop', slot };
  }
  const prefix = ipToAs.prefixOf(target);
  if (prefix === undefined || prefix.length < 22) return undefined;
  const inside = stamps.findLastIndex((stamp) => prefixContains(prefix, stamp));
  return inside >= 0 && inside + 1 < stamps.length ? { turn: 'prefix', slot: inside + 1 } : undefined;
}

/** Drops the stamps between two stamps of one router, because the reverse path passes a router once. */
function withoutLoops(hops: readonly StampedHop[], aliases: Aliases): StampedHop[] {
  const kept: StampedHop[] = [];
  for (const hop of hops) {
    const seen = kept.findIndex((earlier) => aliases.sameRouter(earlier.address, hop.address));
    if (seen >= 0) kept.length = seen + 1;
    else kept.push(hop);
  }
  return kept;
}
