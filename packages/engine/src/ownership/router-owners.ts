import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { Relations } from '../facts/relations.ts';
import { addressCost, COSTS } from './border-costs.ts';
import type { ObservedRouters, Sighting } from './observed-routers.ts';

/** The network that operates a router, as far as is known. */
export interface RouterOwner {
  readonly asn: number;
  /** How much more the second most likely network costs, as a difference of negative logarithms (see `border-costs.ts`); 0 for a tie. */
  readonly margin: number;
}

/** Looks up which network operates the router that has an address. */
export interface Owners {
  ownerOf(address: Ipv4Address): RouterOwner | undefined;
}

export interface RouterOwnersFacts {
  readonly aliases: Aliases;
  readonly ipToAs: Pick<IpToAs, 'originOf'>;
  readonly relations: Relations;
}

/** Owners depend on the owners of neighbours. They are chosen again this many times at most; nearly all are final after two. */
const MOST_ROUNDS = 4;
/** The link of an address is one link, however often it is seen; and a router with many links does not need all of them. */
const OWN_LINK_WEIGHT = 2;
const OTHER_LINKS_WEIGHT = 4;
/** Routers that are judged between two pauses. */
const BATCH = 500;
const MOST_MARGIN = 20;

/**
 * Which network operates each router that traceroutes and Record Route answers have shown. A border router often has an address of the
 * network on the other side of a link. Each router gets the network that costs least, given the origins of its addresses and the owners of
 * its neighbours, until no owner changes: the graph refinement of bdrmapIT (Marder et al., IMC 2018, section 6), with costs instead of votes.
 * Record Route adds what traceroutes lack, addresses by which packets leave.
 */
export class RouterOwners implements Owners {
  readonly #facts: RouterOwnersFacts;
  #owners = new Map<number, RouterOwner>();

  constructor(facts: RouterOwnersFacts) {
    this.#facts = facts;
  }

  ownerOf(address: Ipv4Address): RouterOwner | undefined {
    const key = this.#facts.aliases.routerKey(address);
    return key === undefined ? undefined : this.#owners.get(key);
  }

  /**
   * Chooses the owners of all observed routers anew. Lookups give the former owners until it has finished.
   * @param pause called between batches, so that other work is not held up
   */
  async learn(routers: ObservedRouters, pause: () => Promise<void>): Promise<void> {
    // Owners of an earlier pass are mostly right: with them this one needs fewer rounds.
    const owners = new Map(this.#owners);
    const seen = new Set<number>();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      let changed = 0;
      let judged = 0;
      for (const [key, sightings] of routers.routers()) {
        const owner = this.#choose(sightings, owners);
        if (owner === undefined) continue;
        seen.add(key);
        if (owners.get(key)?.asn !== owner.asn) changed++;
        owners.set(key, owner);
        if (++judged % BATCH === 0) await pause();
      }
      if (changed === 0) break;
    }
    for (const key of owners.keys()) if (!seen.has(key)) owners.delete(key);
    this.#owners = owners;
  }

  #choose(sightings: readonly Sighting[], owners: ReadonlyMap<number, RouterOwner>): RouterOwner | undefined {
    const { ipToAs } = this.#facts;
    const networkOf = (address: Ipv4Address | undefined): number | undefined => {
      if (address === undefined) return undefined;
      const key = this.#facts.aliases.routerKey(address);
      return (key === undefined ? undefined : owners.get(key)?.asn) ?? ipToAs.originOf(address);
    };
    const seen = sightings.map(({ address, linked, beyond }): Networks => {
      const origin = beyond === undefined ? undefined : ipToAs.originOf(beyond);
      return {
        origin: ipToAs.originOf(address),
        linked: networkOf(linked),
        beyond: networkOf(beyond),
        other: beyond === undefined || origin === undefined ? undefined : { address: beyond, origin },
      };
    });
    const candidates = new Set(
      seen.flatMap(({ origin, linked, beyond, other }) => [origin, linked, beyond, other?.origin]),
    );
    let best: { asn: number; cost: number } | undefined;
    let second = Number.POSITIVE_INFINITY;
    for (const asn of candidates) {
      if (asn === undefined) continue;
      const cost = this.#costOf(asn, seen);
      if (best === undefined || cost < best.cost) {
        second = best?.cost ?? second;
        best = { asn, cost };
      } else second = Math.min(second, cost);
    }
    return best && { asn: best.asn, margin: Math.min(MOST_MARGIN, second - best.cost) };
  }

  /** What it costs that a router belongs to a network. */
  #costOf(asn: number, seen: readonly Networks[]): number {
    const { relations } = this.#facts;
    let own = 0;
    let owns = 0;
    const others = new Map<Ipv4Address, number>();
    const neighbours = new Map<number, number>();
    const borderTo = (network: number | undefined): number =>
      network === undefined || network === asn ? 0 : COSTS.borderLink;
    for (const { origin, linked, beyond, other } of seen) {
      if (origin !== undefined) {
        own += addressCost(relations, origin, asn, linked) + borderTo(linked);
        owns++;
      }
      if (other !== undefined && beyond !== undefined)
        others.set(other.address, addressCost(relations, other.origin, beyond, asn) + borderTo(beyond));
      for (const neighbour of [linked, beyond])
        if (neighbour !== undefined && neighbour !== asn)
          neighbours.set(neighbour, (neighbours.get(neighbour) ?? 0) + 1);
    }
    let cost = owns === 0 ? 0 : (own / owns) * Math.min(owns, OWN_LINK_WEIGHT);
    let otherLinks = 0;
    for (const other of others.values()) otherLinks += other;
    cost += otherLinks * Math.min(1, OTHER_LINKS_WEIGHT / Math.max(1, others.size));
    for (const [neighbour, times] of neighbours)
      if (relations.relationOf(asn, neighbour) === undefined) cost += COSTS.unrelated * Math.min(1, 0.5 + times / 4);
    return cost;
  }
}

/** The networks of a sighting. */
interface Networks {
  readonly origin: number | undefined;
  /** Owners of the routers beside. */
  readonly linked: number | undefined;
  readonly beyond: number | undefined;
  /** The address beyond, which is on another link of the router, and its origin; `undefined` if one of them is unknown. */
  readonly other: { readonly address: Ipv4Address; readonly origin: number } | undefined;
}
