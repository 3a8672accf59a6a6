import { type Ipv4Address, isGloballyReachable } from '@revtr/net';

/** Which router an address identifies, and which addresses belong to one router. */
export interface Aliases {
  /**
   * A key shared by all known addresses of a router. An address without a known alias is its own key. `undefined` for an address that
   * several networks use for themselves, such as a private one: it identifies no router.
   */
  routerKey(address: Ipv4Address): number | undefined;
  /** Whether two addresses identify the same router: they are equal or known aliases, and both identify a router. */
  sameRouter(a: Ipv4Address, b: Ipv4Address): boolean;
  /** Whether further addresses of the router are known: hosts mostly have one. */
  hasAlias(address: Ipv4Address): boolean;
}

/** Published alias sets (CAIDA MIDAR and ITDK). Sets that share an address are joined. */
export class AliasSets implements Aliases {
  readonly #leaderOf = new Map<Ipv4Address, Ipv4Address>();
  readonly #isUnique: (address: Ipv4Address) => boolean;

  /**
   * @param isUnique whether an address belongs to one host only. Default: whether the IANA IPv4 Special-Purpose Address Registry (RFC 6890)
   * calls it globally reachable
   */
  constructor(
    sets: Iterable<readonly Ipv4Address[]> = [],
    isUnique: (address: Ipv4Address) => boolean = isGloballyReachable,
  ) {
    this.#isUnique = isUnique;
    for (const set of sets) {
      const [first, ...others] = set.filter(isUnique);
      for (const address of others) this.#join(first, address);
    }
    for (const address of this.#leaderOf.keys()) this.#leaderOf.set(address, this.#find(address));
  }

  routerKey(address: Ipv4Address): number | undefined {
    return this.#leaderOf.get(address) ?? (this.#isUnique(address) ? address : undefined);
  }

  sameRouter(a: Ipv4Address, b: Ipv4Address): boolean {
    const key = this.routerKey(a);
    return key !== undefined && (a === b || key === this.routerKey(b));
  }

  hasAlias(address: Ipv4Address): boolean {
    return this.#leaderOf.has(address);
  }

  #find(address: Ipv4Address): Ipv4Address {
    let leader = address;
    for (
      let next = this.#leaderOf.get(leader);
      next !== undefined && next !== leader;
      next = this.#leaderOf.get(leader)
    ) {
      leader = next;
    }
    return leader;
  }

  #join(a: Ipv4Address, b: Ipv4Address): void {
    if (a === b) return;
    if (!this.#leaderOf.has(a)) this.#leaderOf.set(a, a);
    const leader = this.#find(a);
    const other = this.#leaderOf.has(b) ? this.#find(b) : b;
    this.#leaderOf.set(b, leader);
    this.#leaderOf.set(other, leader);
  }
}

/**
 * Whether two addresses can be the two ends of one point-to-point link: the same /31 (RFC 3021), or the two usable
 * addresses of one /30.
 */
export function areLinkMates(a: Ipv4Address, b: Ipv4Address): boolean {
  if (a === b) return false;
  if (a >>> 1 === b >>> 1) return true;
  return a >>> 2 === b >>> 2 && isInner(a) && isInner(b);
}

/** The addresses that can be the other end of a point-to-point link. */
export function linkMatesOf(address: Ipv4Address): Ipv4Address[] {
  const first = address - (address & 3);
  return [first, first + 1, first + 2, first + 3].filter((other) => areLinkMates(address, other));
}

const isInner = (address: Ipv4Address): boolean => (address & 3) === 1 || (address & 3) === 2;
