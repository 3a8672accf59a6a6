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
  /** Ranges whose holders want no probes. Default: none. */
  readonly optedOut?: readonly Prefix[];
}

/** Why an address must not be probed: a stable code, and a sentence for a person. */
export interface TargetRefusal {
  readonly code: 'destinationNotAllowed' | 'destinationOptedOut' | 'destinationUnrouted';
  readonly message: string;
}

/**
 * Decides which addresses may be probed: unicast addresses of the public Internet whose holders have not opted out. Controller
 * and agents each ask a policy of their own.
 */
export class TargetPolicy {
  readonly #testNetworks: readonly Prefix[];
  #optedOut: readonly Prefix[];

  constructor(options: TargetPolicyOptions = {}) {
    this.#testNetworks = options.testNetworks ?? [];
    this.#optedOut = options.optedOut ?? [];
  }

  /** A sentence for the log when the policy is weakened; `undefined` when it is not. */
  get warning(): string | undefined {
    if (this.#testNetworks.length === 0) return undefined;
    const ranges = this.#testNetworks.map(formatPrefix).join(', ');
    return `TEST NETWORKS: addresses in ${ranges} may be probed though they are private; never set this where real networks use them`;
  }

  /** Ranges whose holders want no probes. */
  get optedOut(): readonly Prefix[] {
    return this.#optedOut;
  }

  /** Replaces the ranges whose holders want no probes. */
  setOptedOut(prefixes: readonly Prefix[]): void {
    this.#optedOut = prefixes;
  }

  /** Whether an address may be probed. */
  mayProbe(address: Ipv4Address): boolean {
    return this.refuse(address) === undefined;
  }

  /** Whether an address is a unicast address of the public Internet, or of a test network. */
  isReachable(address: Ipv4Address): boolean {
    return isGloballyReachable(address) || holds(this.#testNetworks, address);
  }

  /** Why an address must not be probed; `undefined` when it may. */
  refuse(address: Ipv4Address): TargetRefusal | undefined {
    const text = formatIpv4(address);
    if (!this.isReachable(address)) {
      const range = specialPurposeOf(address);
      const name = `${range?.name ?? 'reserved'} (${range?.rfc ?? 'IANA'})`;
      return { code: 'destinationNotAllowed', message: `${text} is ${name} and is not probed` };
    }
    if (!holds(this.#optedOut, address)) return undefined;
    return { code: 'destinationOptedOut', message: `the holder of ${text} wants no probes` };
  }
}

const holds = (prefixes: readonly Prefix[], address: Ipv4Address): boolean =>
  prefixes.some((prefix) => prefixContains(prefix, address));
