import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { TargetPolicy, TargetRefusal } from '@revtr/probing';
import type { AddressFacts } from '../facts/address-facts.ts';

/** Decides which addresses may be destinations: those that the target policy allows and that a network announces. */
export class DestinationCheck {
  readonly #targetPolicy: TargetPolicy;
  readonly #facts: Pick<AddressFacts, 'ipToAs' | 'knowsAllRoutes'>;

  constructor(collaborators: {
    readonly targetPolicy: TargetPolicy;
    readonly facts: Pick<AddressFacts, 'ipToAs' | 'knowsAllRoutes'>;
  }) {
    this.#targetPolicy = collaborators.targetPolicy;
    this.#facts = collaborators.facts;
  }

  /** Why an address must not be a destination; `undefined` when it may. */
  refuse(address: Ipv4Address): TargetRefusal | undefined {
    const refusal = this.#targetPolicy.refuse(address);
    const { ipToAs, knowsAllRoutes } = this.#facts;
    if (refusal !== undefined || !knowsAllRoutes || ipToAs.originOf(address) !== undefined) return refusal;
    const message = `${formatIpv4(address)} is not in an announced prefix`;
    return { code: 'destinationUnrouted', message };
  }
}
