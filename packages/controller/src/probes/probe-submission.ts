import { formatIpv4, type Ipv4Address, tryParseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { LimitUse, ProbeRow, ProbeSet, ProbeSets, User } from '@revtr/storage';
import type { AddressFacts } from '../facts/address-facts.ts';
import { ControllerError, type ErrorDetail } from '../foundation/errors.ts';
import { ipv6Refusal, isIpv6 } from '../foundation/ipv6.ts';
import type { DestinationCheck } from '../measurements/destination-check.ts';
import { NameResolver } from '../measurements/name-resolver.ts';
import { quotaError } from '../measurements/quota-error.ts';
import { isHostName, type ResolvedNames } from '../measurements/resolve-names.ts';
import { orRefusal } from '../measurements/storing.ts';
import type { ProbeRequest } from './probe-request.ts';
import { type SenderFault, type SendingHosts, senderOf, senderRulesOf } from './sender-rules.ts';

/** A raw probe as a user asks for it: nothing is checked yet. */
export interface AskedProbe extends Omit<ProbeRequest, 'from' | 'to' | 'as'> {
  readonly from: string;
  /** Address or host name. */
  readonly to: string;
  readonly as?: string | undefined;
}

/** Most probes in one request. */
const MOST_PROBES = 1_000;

export interface ProbeSubmissionCollaborators extends SendingHosts {
  readonly sets: ProbeSets;
  readonly facts: AddressFacts;
  readonly destinationCheck: DestinationCheck;
  readonly clock: Clock;
  readonly onAccepted: () => void;
  /** Told of each probe that is rejected. */
  readonly onRejected: (user: User, fault: ErrorDetail) => void;
}

/** Accepts raw probes from users: checks them and stores them. */
export class ProbeSubmission {
  readonly #collaborators: ProbeSubmissionCollaborators;
  readonly #names: NameResolver;

  constructor(collaborators: ProbeSubmissionCollaborators) {
    this.#collaborators = collaborators;
    this.#names = new NameResolver(undefined, collaborators);
  }

  /** The hosts that a user may send from: sources that the user may measure to, and the vantage points of the system. */
  async sendersOf(user: User): Promise<readonly Ipv4Address[]> {
    return [...(await senderRulesOf(user, this.#collaborators)).senders];
  }

  /**
   * Stores probes; when this resolves they are durable. One probe that must not be sent refuses all.
   * @throws {ControllerError} `emptyBatch`, `batchTooLarge`, `invalidPairs`, `tooManyRequests`, `unauthorized`, and the quota codes
   */
  async submit(
    user: User,
    asked: readonly AskedProbe[],
    keyId: number | null,
  ): Promise<{ readonly id: number; readonly limits: readonly LimitUse[] }> {
    const { sets, clock, onAccepted } = this.#collaborators;
    if (asked.length === 0) throw new ControllerError('emptyBatch', 'the request asks for no probe');
    const most = Math.min(MOST_PROBES, user.max_per_day, user.max_parallel, user.max_per_minute);
    if (asked.length > most) {
      const message = `a request may ask for at most ${most} probes, not ${asked.length}`;
      throw new ControllerError('batchTooLarge', message, { size: asked.length, most });
    }
    const checked = await this.#check(user, asked);
    const outcome = await orRefusal(sets.accept(user, checked, new Date(clock.now()), keyId));
    if (!('id' in outcome)) throw quotaError(outcome, checked.length);
    onAccepted();
    return outcome;
  }

  /** A set of probes with its probes, for its owner or an operator. @throws {ControllerError} `notFound`, for everybody else too */
  async setOf(user: User, id: number): Promise<ProbeSet> {
    const set = await this.#collaborators.sets.find(id);
    if (set === undefined || (set.user_id !== user.id && user.role !== 'operator'))
      throw new ControllerError('notFound', `there are no probes with the number ${id}`);
    return set;
  }

  /** The probes of a set. @throws {ControllerError} as {@link setOf} */
  async probesOf(user: User, id: number): Promise<readonly ProbeRow[]> {
    return this.#collaborators.sets.probesOf((await this.setOf(user, id)).id);
  }

  async #check(user: User, asked: readonly AskedProbe[]): Promise<ProbeRequest[]> {
    const { sets, clock, destinationCheck, onRejected } = this.#collaborators;
    const names = asked.map(({ to }) => to).filter((to) => tryParseIpv4(to) === undefined && isHostName(to));
    // Names are not resolved for probes that the user's limits do not allow.
    const exceeded = names.length > 0 ? await sets.exceeded(user, asked.length, new Date(clock.now())) : undefined;
    if (exceeded !== undefined) throw quotaError(exceeded, asked.length);
    const rules = await senderRulesOf(user, this.#collaborators);
    const resolved = await this.#names.resolve(user, [...new Set(names)]);
    const faults: ErrorDetail[] = [];
    const checked: ProbeRequest[] = [];
    for (const [index, probe] of asked.entries()) {
      const to = tryParseIpv4(probe.to) ?? addressOf(resolved, probe.to);
      const refusal = to === undefined ? unresolved(probe.to) : destinationCheck.refuse(to);
      const sender = senderOf(probe, rules);
      for (const fault of [refusal && { field: 'to', ...refusal }, 'code' in sender && sender]) {
        if (fault === undefined || fault === false) continue;
        const { field, code, message } = fault;
        faults.push({ at: `probes[${index}].${field}`, code, message });
      }
      if (to === undefined || 'code' in sender) continue;
      const { as: _, ...rest } = probe;
      checked.push({ ...rest, ...sender, to: formatIpv4(to) });
    }
    if (faults.length === 0) return checked;
    for (const fault of faults) onRejected(user, fault);
    throw new ControllerError(
      'invalidPairs',
      `${new Set(faults.map(({ at }) => at.split('.')[0])).size} of ${asked.length} probes cannot be sent`,
      { places: faults },
    );
  }
}

const unresolved = (name: string): Omit<SenderFault, 'field'> =>
  isIpv6(name)
    ? ipv6Refusal(name)
    : {
        code: 'unresolvedHost',
        message: `'${name}' is neither an IPv4 address nor a host name that resolves to one`,
      };

function addressOf(resolved: ResolvedNames, name: string): Ipv4Address | undefined {
  const found = resolved.get(name);
  return typeof found === 'number' ? found : undefined;
}
