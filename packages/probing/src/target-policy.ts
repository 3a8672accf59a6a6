import {
  formatIpv4,
  formatPrefix,
  type Ipv4Address,
  isGloballyReachable,
  type Prefix,
  prefixContains,
  specialPurposeOf,
} from '@revtr/net';

/** Exceptions to the default policy. */
export interface TargetPolicyOptions {
  /** Private ranges that may be probed: those of an isolated test network. Default: none. */
  readonly testNetworks?: readonly Prefix[];
}

/** Networks that opted out of probing. */
export interface OptedOut {
  /** Whether one of the networks contains an address. */
  covers(address: Ipv4Address): boolean;
}

/** Why an address must not be probed: a stable code and a message for people. */
export interface TargetRefusal {
  readonly code: 'destinationNotAllowed' | 'destinationOptedOut' | 'destinationUnrouted';
  readonly message: string;
}

/**
 * Decides which addresses may be probed: globally reachable unicast addresses (RFC 6890) in networks that did not opt out. The
 * controller and each agent apply separate policies.
 */
export class TargetPolicy {
  readonly #testNetworks: readonly Prefix[];
  #optedOut: OptedOut = { covers: () => false };

  constructor(options: TargetPolicyOptions = {}) {
    this.#testNetworks = options.testNetworks ?? [];
  }

  /** A message for the log when test networks are set; `undefined` otherwise. */
  get warning(): string | undefined {
    if (this.#testNetworks.length === 0) return undefined;
    const ranges = this.#testNetworks.map(formatPrefix).join(', ');
    return `TEST NETWORKS: private addresses in ${ranges} may be probed; do not use this setting on a host that reaches real networks with these addresses`;
  }

  /** Replaces the networks that opted out of probing; the policy follows later changes of the object. Default: none. */
  setOptedOut(networks: OptedOut): void {
    this.#optedOut = networks;
  }

  /** Whether an address may be probed. */
  mayProbe(address: Ipv4Address): boolean {
    return this.refuse(address) === undefined;
  }

  /** Whether an address is a unicast address of the public Internet, or of a test network. */
  isReachable(address: Ipv4Address): boolean {
    return isGloballyReachable(address) || holds(this.#testNetworks, address);
  }

  /** Returns why an address must not be probed, or `undefined` when it may be. */
  refuse(address: Ipv4Address): TargetRefusal | undefined {
    const text = formatIpv4(address);
    if (!this.isReachable(address)) {
      const range = specialPurposeOf(address);
      const name = `${range?.name ?? 'reserved'} (${range?.rfc ?? 'IANA'})`;
      return { code: 'destinationNotAllowed', message: `${text} is ${name} and is not probed` };
    }
    if (!this.#optedOut.covers(address)) return undefined;
    return { code: 'destinationOptedOut', message: `the network of ${text} opted out of probing` };
  }
}

const holds = (prefixes: readonly Prefix[], address: Ipv4Address): boolean =>
  prefixes.some((prefix) => prefixContains(prefix, address));
