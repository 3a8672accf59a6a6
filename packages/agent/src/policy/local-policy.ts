import type { OptOutList } from '@revtr/link';
import { formatIpv4, type Ipv4Address, type Prefix, parsePrefix } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';

export interface LocalPolicyOptions {
  /** Private ranges of a network made for tests. */
  readonly testNetworks: readonly Prefix[];
}

/** A list of those who want no probes is trusted so long. */
const STALE_MS = 24 * 3_600_000;

/** What this host lets through, whatever the controller asks. It fails closed. */
export class LocalPolicy {
  readonly #targets: TargetPolicy;
  readonly #now: () => number;
  #issuedAt = Number.NEGATIVE_INFINITY;

  /** `now`: by the controller's clock. */
  constructor(options: LocalPolicyOptions, collaborators: { readonly now: () => number }) {
    this.#targets = new TargetPolicy(options);
    this.#now = collaborators.now;
  }

  /** A sentence for the log when the policy is weakened; `undefined` when it is not. */
  get warning(): string | undefined {
    return this.#targets.warning;
  }

  /** Takes the controller's list; one that is older than the known one is not taken. @throws {NetError} for a bad prefix */
  setOptedOut({ issuedAt, prefixes }: OptOutList): void {
    if (issuedAt < this.#issuedAt) return;
    this.#targets.setOptedOut(prefixes.map(parsePrefix));
    this.#issuedAt = issuedAt;
  }

  /** Why a target must not be probed; `undefined` when it may. */
  refuseTarget(target: Ipv4Address): string | undefined {
    if (this.#now() - this.#issuedAt > STALE_MS) return 'the list of those who want no probes is missing or too old';
    return this.#targets.refuse(target)?.message;
  }

  /** Why an address must not be claimed; `undefined` when it may. */
  refuseClaim(claimedSource: Ipv4Address): string | undefined {
    return this.#targets.isReachable(claimedSource) ? undefined : `${formatIpv4(claimedSource)} is no public address`;
  }
}
