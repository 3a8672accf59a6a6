import type { Ipv4Address } from '@revtr/net';
import type { IpToAs } from './ip-to-as.ts';
import type { Relations } from './relations.ts';

/**
 * Who operates the router of a hop, where that is not who announces its address: a link between a provider and its customer is
 * numbered from the provider's addresses (bdrmap, IMC 2016, section 4), so that the customer's border router has one of them.
 */
export class Operators {
  readonly #ipToAs: IpToAs;
  readonly #relations: Relations;

  constructor(facts: { readonly ipToAs: IpToAs; readonly relations: Relations }) {
    this.#ipToAs = facts.ipToAs;
    this.#relations = facts.relations;
  }

  /**
   * Of the router that a traceroute shows between two others: packets enter it by the address shown, so that an address of the
   * provider right before the customer's first own address is the customer's border router.
   */
  onTheWayThere(
    before: Ipv4Address | undefined,
    address: Ipv4Address,
    behind: Ipv4Address | undefined,
  ): number | undefined {
    const own = this.#ipToAs.originOf(address);
    const inner = behind === undefined ? undefined : this.#ipToAs.originOf(behind);
    if (own === undefined || inner === undefined || own === inner) return own;
    const comesFromOwn = before !== undefined && this.#ipToAs.originOf(before) === own;
    return comesFromOwn && this.#relations.relationOf(own, inner) === 'provider' ? inner : own;
  }

  /**
   * Of the router that stamped `address` behind `before` on the way back: packets leave it by the address stamped, so that an address
   * of the provider right behind the customer's own is the customer's border router.
   */
  onTheWayBack(before: Ipv4Address | undefined, address: Ipv4Address): number | undefined {
    const own = this.#ipToAs.originOf(address);
    const inner = before === undefined ? undefined : this.#ipToAs.originOf(before);
    if (own === undefined || inner === undefined || own === inner) return own;
    return this.#relations.relationOf(own, inner) === 'provider' ? inner : own;
  }
}
