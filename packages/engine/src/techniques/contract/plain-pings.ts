import type { Ipv4Address } from '@revtr/net';
import type { PingReply, PingResult, Prober } from '@revtr/probing';
import type { ProbeStats } from '../../measurement/stats.ts';
import type { AdaptiveTimeout } from '../../timing/adaptive-timeout.ts';
import type { Outages } from '../../timing/outages.ts';

/** What the plain pings of one measurement are sent with. */
export interface PlainPingsCollaborators {
  readonly prober: Prober;
  readonly outages: Outages;
  readonly adaptiveTimeout: AdaptiveTimeout;
  readonly stats: ProbeStats;
  readonly signal?: AbortSignal;
}

/**
 * Pings without options from the source, one for each target of a measurement. They tell whether a target answers at all, how far it is, and
 * how long the way back is for ordinary packets.
 */
export class PlainPings {
  readonly #source: Ipv4Address;
  readonly #collaborators: PlainPingsCollaborators;
  readonly #sent = new Map<Ipv4Address, Promise<PingReply | undefined>>();
  readonly #replies = new Map<Ipv4Address, PingReply>();

  constructor(options: { readonly source: Ipv4Address }, collaborators: PlainPingsCollaborators) {
    this.#source = options.source;
    this.#collaborators = collaborators;
  }

  /**
   * The reply to the ping to `target`, `undefined` when there is none. The ping is sent with the first call.
   * @throws {ProbingError} as `Outages.repeated`
   */
  ask(target: Ipv4Address): Promise<PingReply | undefined> {
    const sent = this.#sent.get(target) ?? this.#send(target);
    this.#sent.set(target, sent);
    return sent;
  }

  /** Sends the ping without waiting for it, for a later {@link ask} or {@link replyOf}. */
  start(target: Ipv4Address): void {
    this.ask(target).catch(() => undefined);
  }

  /** The reply that has arrived so far. */
  replyOf(target: Ipv4Address): PingReply | undefined {
    return this.#replies.get(target);
  }

  async #send(target: Ipv4Address): Promise<PingReply | undefined> {
    const { prober, outages, adaptiveTimeout, stats, signal } = this.#collaborators;
    const sender = this.#source;
    const timeoutMs = adaptiveTimeout.timeoutFor(sender, target);
    const probe = (): Promise<PingResult> => {
      stats.plainPings++;
      return prober.ping({ type: 'ping', sender, target, timeoutMs }, signal);
    };
    const { reply } = await outages.repeated(sender, { probe, isSilent: isUnanswered }, signal);
    if (reply !== undefined) this.#replies.set(target, reply);
    return reply;
  }
}

const isUnanswered = ({ reply }: PingResult): boolean => reply === undefined;
