import type { IpToAs } from '@revtr/engine';
import {
  formatIpv4,
  formatPrefix,
  type Ipv4Address,
  isGloballyReachable,
  type Prefix,
  prefixContains,
  specialPurposeOf,
} from '@revtr/net';

export interface TargetPolicyOptions {
  /**
   * Private ranges that may be probed all the same: those of a test network that exists on this machine alone. Default: none.
   */
  readonly testNetworks?: readonly Prefix[];
}

/** Why an address must not be probed: a stable code, and a sentence for a person. */
export interface TargetRefusal {
  readonly code: 'destinationNotAllowed' | 'destinationUnrouted';
  readonly message: string;
}

/** Decides which addresses may be probed: announced unicast addresses of the public Internet, and no others. */
export class TargetPolicy {
  readonly #testNetworks: readonly Prefix[];
  readonly #ipToAs: IpToAs;

  constructor(options: TargetPolicyOptions, collaborators: { readonly ipToAs: IpToAs }) {
    this.#testNetworks = options.testNetworks ?? [];
    this.#ipToAs = collaborators.ipToAs;
  }

  /** A sentence for the log when the policy is weakened; `undefined` when it is not. */
  get warning(): string | undefined {
    if (this.#testNetworks.length === 0) return undefined;
    const ranges = this.#testNetworks.map(formatPrefix).join(', ');
    return `TEST NETWORKS: addresses in ${ranges} may be probed though they are private; never set this where real networks use them`;
  }

  /** Whether an address may be probed on the way of a measurement. */
  mayProbe(address: Ipv4Address): boolean {
    return isGloballyReachable(address) || this.#isTest(address);
  }

  /** Why an address must not be a destination; `undefined` when it may. */
  refuse(address: Ipv4Address): TargetRefusal | undefined {
    const text = formatIpv4(address);
    if (!this.mayProbe(address)) {
      const range = specialPurposeOf(address);
      const name = `${range?.name ?? 'reserved'} (${range?.rfc ?? 'IANA'})`;
      return { code: 'destinationNotAllowed', message: `${text} is ${name} and is not probed` };
    }
    if (this.#ipToAs.originOf(address) !== undefined) return undefined;
    return { code: 'destinationUnrouted', message: `${text} is in no announced prefix and is not probed` };
  }

  #isTest(address: Ipv4Address): boolean {
    return this.#testNetworks.some((prefix) => prefixContains(prefix, address));
  }
}
