import type { Ipv4Address } from '@revtr/net';
import type { IpToAs } from './ip-to-as.ts';
import type { Relations } from './relations.ts';

/**
 * Which network operates the router of a hop. It is not always the network that announces the address: a link between a provider and its
 * customer is numbered from the provider's addresses, and one of them belongs to the customer's border router (bdrmap, IMC 2016, section 4).
 */
export class Operators {
  readonly #ipToAs: IpToAs;
  readonly #relations: Relations;

  constructor(facts: { readonly ipToAs: IpToAs; readonly relations: Relations }) {
    this.#ipToAs = facts.ipToAs;
    this.#relations = facts.relations;
  }

  /**
   * The operator of a router that a traceroute shows at `address`, between `before` and `behind`. A traceroute shows the address by which
   * packets enter: a provider address right before the customer's first own address is the customer's border router. Returns an AS number,
   * or `undefined` when the origin of `address` is unknown.
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
   * The operator of a router that stamped `address` behind `before` on the reverse path. A stamp shows the address by which packets leave: a
   * provider address right behind the customer's own is the customer's border router. Returns an AS number, or `undefined` when the origin
   * of `address` is unknown.
   */
  onTheWayBack(before: Ipv4Address | undefined, address: Ipv4Address): number | undefined {
    const own = this.#ipToAs.originOf(address);
    const inner = before === undefined ? undefined : this.#ipToAs.originOf(before);
    if (own === undefined || inner === undefined || own === inner) return own;
    return this.#relations.relationOf(own, inner) === 'provider' ? inner : own;
  }
}
