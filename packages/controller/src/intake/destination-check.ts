import type { IpToAs } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { TargetPolicy, TargetRefusal } from '@revtr/probing';

/** Decides which addresses may be destinations: those that may be probed and that somebody announces. */
export class DestinationCheck {
  readonly #targetPolicy: TargetPolicy;
  readonly #ipToAs: IpToAs;

  constructor(collaborators: { readonly targetPolicy: TargetPolicy; readonly ipToAs: IpToAs }) {
    this.#targetPolicy = collaborators.targetPolicy;
    this.#ipToAs = collaborators.ipToAs;
  }

  /** Why an address must not be a destination; `undefined` when it may. */
  refuse(address: Ipv4Address): TargetRefusal | undefined {
    const refusal = this.#targetPolicy.refuse(address);
    if (refusal !== undefined || this.#ipToAs.originOf(address) !== undefined) return refusal;
    const message = `${formatIpv4(address)} is in no announced prefix and is not probed`;
    return { code: 'destinationUnrouted', message };
  }
}
