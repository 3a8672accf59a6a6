import { formatIpv4, formatPrefix, type Ipv4Address } from '@revtr/net';
import { BUDGET_KINDS, type BudgetKind } from '@revtr/probing';
import type { GuardedRequest } from '../guarded-prober.ts';
import { type NetworkLookup, prefixKey, prefixOfKey } from '../network-lookup.ts';
import type { ProbeCause } from '../probe-context.ts';

/** The number of each subject that a probe is counted for, by kind; 0 where there is none. */
export type Subjects = Record<BudgetKind, number>;

/** Finds out what probes are counted for. */
export class SubjectFinder {
  readonly #networks: NetworkLookup;
  readonly #isOwn: (address: Ipv4Address) => boolean;
  #last:
    | { readonly request: GuardedRequest; readonly cause: ProbeCause | undefined; readonly subjects: Subjects }
    | undefined;

  constructor(collaborators: {
    readonly networks: NetworkLookup;
    /** Whether an address is that of a source or vantage point of this system, whose host has agreed to be measured. */
    readonly isOwn: (address: Ipv4Address) => boolean;
  }) {
    this.#networks = collaborators.networks;
    this.#isOwn = collaborators.isOwn;
  }

  /**
   * What a probe is counted for. Packets to the system's own hosts count for who sends them, not for who receives them ("no harm can come from causing one of
   * our own nodes to receive measurement packets": Katz-Bassett et al., NSDI 2010).
   */
  of(request: GuardedRequest, cause: ProbeCause | undefined, now: number): Subjects {
    // Each probe asks twice in a row: before it is counted, and to count it.
    if (this.#last?.request === request && this.#last.cause === cause) return this.#last.subjects;
    const subjects = this.#find(request, cause, now);
    this.#last = { request, cause, subjects };
    return subjects;
  }

  #find(request: GuardedRequest, cause: ProbeCause | undefined, now: number): Subjects {
    const { target, sender } = request;
    const claimed = request.type === 'ping' ? request.spoof?.claimedSource : undefined;
    const user = cause !== undefined && 'userId' in cause ? (cause.userId ?? 0) : 0;
    const senders = { vantagePoint: sender, source: claimed ?? sender, user: user >>> 0 };
    if (this.#isOwn(target)) return { destination: 0, slash24: 0, prefix: 0, as: 0, ...senders };
    const { asn, prefix } = this.#networks.of(target, now);
    return {
      destination: target,
      // Not 0 for the addresses below 0.0.1.0 either.
      slash24: (target | 0xff) >>> 0,
      prefix: prefix === undefined ? 0 : prefixKey(prefix),
      as: asn ?? 0,
      ...senders,
    };
  }
}

/** How many subjects of each kind are counted exactly: 2 million in all, which takes 63 MiB once all are in use. */
export const CAPACITY: Readonly<Record<BudgetKind, number>> = {
  destination: 2 ** 20,
  slash24: 2 ** 19,
  prefix: 2 ** 18,
  as: 2 ** 17,
  vantagePoint: 2 ** 14,
  source: 2 ** 14,
  user: 2 ** 16,
};

const NAMES: Readonly<Record<BudgetKind, string>> = {
  destination: 'destination',
  slash24: 'network',
  prefix: 'announced prefix',
  as: 'network',
  vantagePoint: 'vantage point',
  source: 'source',
  user: 'user',
};

/** A subject as people write it: an address, a prefix, an AS (`AS64496`) or the number of a user. */
export function formatSubject(kind: BudgetKind, key: number): string {
  switch (kind) {
    case 'slash24':
      return formatPrefix({ address: (key & 0xffffff00) >>> 0, length: 24 });
    case 'prefix':
      return formatPrefix(prefixOfKey(key));
    case 'as':
      return `AS${key}`;
    case 'user':
      return String(key);
    default:
      return formatIpv4(key);
  }
}

/** A subject with its kind, for messages. */
export const describeSubject = (kind: BudgetKind, key: number): string => `${NAMES[kind]} ${formatSubject(kind, key)}`;

/** An object with a value for each kind. */
export function forEachKind<T>(make: (kind: BudgetKind) => T): Readonly<Record<BudgetKind, T>> {
  const values = Object.fromEntries(BUDGET_KINDS.map((kind) => [kind, make(kind)]));
  const { destination, slash24, prefix, as, vantagePoint, source, user } = values;
  return { destination, slash24, prefix, as, vantagePoint, source, user };
}
