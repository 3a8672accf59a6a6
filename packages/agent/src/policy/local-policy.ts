import { type AgentPolicy, type CompleteOptOuts, OptOutSet, type Switches } from '@revtr/link';
import { formatIpv4, type Ipv4Address, type Prefix, PrefixSet } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';

export interface LocalPolicyOptions {
  /** Private prefixes of a test network that the agent may probe. */
  readonly testNetworks: readonly Prefix[];
}

/** How long the agent trusts an opt-out list, milliseconds. */
const STALE_MS = 24 * 3_600_000;

interface Applied extends Omit<Switches, 'blockedTargets' | 'blockedSources'> {
  readonly blockedTargets: PrefixSet;
  readonly blockedSources: ReadonlySet<Ipv4Address>;
}

/**
 * What this host lets through, independently of what the controller asks. It refuses everything until the kill switches, the list
 * of sources and a complete opt-out list have arrived, and whenever the opt-out list is older than a day.
 */
export class LocalPolicy implements AgentPolicy {
  readonly #targets: TargetPolicy;
  readonly #now: () => number;
  readonly #listeners: (() => void)[] = [];
  /** Of the newest complete list, also while it must not be used: the next list is applied as a change of it. */
  readonly #table = new PrefixSet();
  #inTable = OptOutSet.EMPTY;
  #optedOutAt: number | undefined;
  #switches: Applied | undefined;
  #sources: ReadonlySet<Ipv4Address> | undefined;

  /** `now`: milliseconds since the Unix epoch by the controller's clock. */
  constructor(options: LocalPolicyOptions, collaborators: { readonly now: () => number }) {
    this.#targets = new TargetPolicy(options);
    this.#now = collaborators.now;
  }

  /** A warning for the log when test networks weaken the policy. */
  get warning(): string | undefined {
    return this.#targets.warning;
  }

  /** Calls `listener` after every change. */
  subscribe(listener: () => void): void {
    this.#listeners.push(listener);
  }

  setOptedOut(list: CompleteOptOuts | undefined): void {
    this.#optedOutAt = list?.issuedAt;
    if (list !== undefined) {
      list.set.updateTable(this.#table, this.#inTable);
      this.#inTable = list.set;
    }
    this.#changed();
  }

  setSources(addresses: readonly Ipv4Address[]): void {
    this.#sources = new Set(addresses);
    this.#changed();
  }

  /** @throws {LinkError} `badOptOut` when a blocked target is not a prefix; the agent then probes nothing */
  setSwitches({ probing, spoofing, blockedTargets, blockedSources }: Switches): void {
    this.#switches = undefined;
    try {
      const table = new PrefixSet();
      OptOutSet.parse(blockedTargets).updateTable(table);
      this.#switches = { probing, spoofing, blockedTargets: table, blockedSources: new Set(blockedSources) };
    } finally {
      this.#changed();
    }
  }

  /** Why a target must not be probed; `undefined` when it may. */
  refuseTarget(target: Ipv4Address): string | undefined {
    if (this.#switches === undefined) return 'the controller has not sent its kill switches yet';
    if (!this.#switches.probing) return 'the controller has stopped all probing';
    if (this.#optedOutAt === undefined) return 'there is no complete opt-out list';
    if (this.#now() - this.#optedOutAt > STALE_MS) return 'the opt-out list is older than a day';
    if (this.#switches.blockedTargets.covers(target)) return `the controller has blocked ${formatIpv4(target)}`;
    if (this.#table.covers(target)) return `the network of ${formatIpv4(target)} opted out of probing`;
    return this.#targets.refuse(target)?.message;
  }

  /** Why a spoofed probe must not claim an address; `undefined` when it may. */
  refuseClaim(claimedSource: Ipv4Address): string | undefined {
    const text = formatIpv4(claimedSource);
    if (this.#switches === undefined || this.#sources === undefined)
      return 'the controller has not sent its kill switches and sources yet';
    if (!this.#switches.spoofing) return 'the controller has stopped all spoofing';
    if (!this.#sources.has(claimedSource)) return `${text} is not an active source`;
    if (this.#switches.blockedSources.has(claimedSource)) return `the controller has blocked the source ${text}`;
    return this.#targets.isReachable(claimedSource) ? undefined : `${text} is not a public address`;
  }

  #changed(): void {
    for (const tell of this.#listeners) tell();
  }
}
