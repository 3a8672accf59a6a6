import { type Ipv4Address, MAX_RECORD_ROUTE_SLOTS, prefixContains } from '@revtr/net';
import { echoReplyOf, type PingResult } from '@revtr/probing';
import type { Aliases } from '../facts/aliases.ts';
import type { DoubleStampers } from '../facts/double-stampers.ts';
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
  /**
   * Whether the answer shows the end of the reverse path: slots were left when it arrived, or the receiver stamped it. Every stamping router of
   * the reverse path is then in it.
   */
  readonly isWhole: boolean;
  /** The target's own stamps, from the first to the last; absent when it did not stamp. */
  readonly own?: { readonly first: number; readonly last: number };
  /** All stamps in order, with 0 for those that identify no router. */
  readonly stamps: readonly Ipv4Address[];
}

/** A Record Route ping that was answered. */
export interface RecordRouteAnswer {
  readonly target: Ipv4Address;
  /** Host that received the answer, where the reverse path ends. */
  readonly receiver: Ipv4Address;
  /** Addresses in the option, in order; 0 for a slot that a router filled with 0.0.0.0. */
  readonly stamps: readonly Ipv4Address[];
}

/** The answer to a Record Route ping; `undefined` when there is none, when an ICMP error came instead, or when it is without the option. */
export function recordRouteAnswer(result: PingResult): RecordRouteAnswer | undefined {
  const { sender, target, spoof } = result.request;
  const stamps = echoReplyOf(result)?.recordRoute;
  return stamps && { target, receiver: spoof?.receiver ?? sender, stamps };
}

/** Facts that the reading of an answer uses. */
export interface ReadingFacts {
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
  /** Whether the turning point is inferred for a target that does not stamp. */
  readonly useHeuristics: boolean;
  /** Routers that are known to stamp twice when they forward. Default: none. */
  readonly doubleStampers?: DoubleStampers;
}

/**
 * Separates forward from reverse hops in the stamps of an answered Record Route ping (RFC 791). The target's own stamp is the turning
 * point, its last one when it stamps twice; when it does not stamp, a router that stamps on both sides of it, a loop, or
 * the last stamp inside the target's announced prefix (IMC 2022, section 4.3) take its place. The receiver's own stamp ends the reverse path
 * and is no hop of the result.
 */
export function readRecordRoute(
  { target, receiver, stamps }: RecordRouteAnswer,
  facts: ReadingFacts,
): RecordRouteReading {
  // The sender may stamp its own packet, and the receiver may be the sender: only a stamp behind a router is an arrival.
  const arrival = stamps.length > 1 && stamps[stamps.length - 1] === receiver ? stamps.length - 1 : stamps.length;
  const isWhole = arrival < MAX_RECORD_ROUTE_SLOTS;
  const onTheWay = stamps.slice(0, arrival);
  const turning =
    findOwnStamp(target, onTheWay, facts.aliases) ??
    (facts.useHeuristics ? guessTurn(target, onTheWay, { ...facts, isWhole }) : undefined);
  const identified = stamps.map((stamp) => (facts.aliases.routerKey(stamp) === undefined ? 0 : stamp));
  if (turning === undefined) return { hops: [], isWhole, stamps: identified };
  const hops = onTheWay
    .map((address, slot): StampedHop => ({ address, slot }))
    .slice(turning.slot)
    .filter(({ address }) => address !== 0);
  return {
    hops: withoutLoops(hops, facts.aliases),
    turn: turning.turn,
    turnSlot: turning.slot,
    ...(turning.own && { own: turning.own }),
    isWhole,
    stamps: identified,
  };
}

interface Turning {
  readonly turn: TurningPoint;
  /** First slot of the reverse path. */
  readonly slot: number;
  readonly own?: { readonly first: number; readonly last: number };
}

function findOwnStamp(target: Ipv4Address, stamps: readonly Ipv4Address[], aliases: Aliases): Turning | undefined {
  const exact = stamps.lastIndexOf(target);
  const first = stamps.findIndex((stamp) => aliases.sameRouter(stamp, target));
  if (exact >= 0) return { turn: 'stamp', slot: exact + 1, own: { first: Math.max(0, first), last: exact } };
  const alias = stamps.findLastIndex((stamp) => aliases.sameRouter(stamp, target));
  return alias >= 0 ? { turn: 'alias', slot: alias + 1, own: { first, last: alias } } : undefined;
}

function guessTurn(
  target: Ipv4Address,
  stamps: readonly Ipv4Address[],
  { aliases, ipToAs, doubleStampers, isWhole }: ReadingFacts & { readonly isWhole: boolean },
): Turning | undefined {
  const network = ipToAs.originOf(target);
  // Where no slot is left, the target may be out of reach, and a router that stamps twice is on the way there.
  for (let slot = 1; isWhole && slot < stamps.length; slot++) {
    // The router before a host is in its network; others stamp twice when they forward.
    const isNear = network !== undefined && ipToAs.originOf(stamps[slot]) === network;
    if (isNear && aliases.sameRouter(stamps[slot - 1], stamps[slot]) && doubleStampers?.has(stamps[slot]) !== true)
      return { turn: 'doubleStamp', slot };
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
