import type { Ipv4Address } from '@revtr/net';
import { echoReplyOf, type PingReply, type PingResult, ProbingError } from '@revtr/probing';
import type { ProbeStats } from '../measurement/stats.ts';
import type { Outages } from './outages.ts';
import type { SharedPings } from './shared-pings.ts';

/** What {@link PlainPings} uses. */
export interface PlainPingsCollaborators {
  /** How long to wait for the reply of a target, milliseconds. */
  readonly timeoutFor: (target: Ipv4Address) => number;
  readonly prober: SharedPings;
  readonly outages: Outages;
  /** The counter of plain pings grows. */
  readonly stats: ProbeStats;
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a target or router. */
interface OneTarget {
  /** What the ping to it comes to. */
  reply: Promise<PingReply | undefined> | undefined;
  arrived: readonly PingReply[];
  /** Its report of an expired packet. */
  expiry: PingReply | undefined;
}

const NONE: readonly never[] = [];

/** Pings without options from the source, each target once in a measurement, unless it is explicitly pinged again. */
export class PlainPings {
  readonly #source: Ipv4Address;
  readonly #collaborators: PlainPingsCollaborators;
  readonly #targets = new Map<Ipv4Address, OneTarget>();

  constructor(source: Ipv4Address, collaborators: PlainPingsCollaborators) {
    this.#source = source;
    this.#collaborators = collaborators;
  }

  /**
   * The echo reply of a target; `undefined` when it did not answer in time.
   * @throws {ProbingError} when the ping cannot be sent, `cancelled`
   */
  replyOf(target: Ipv4Address): Promise<PingReply | undefined> {
    const known = this.#of(target);
    if (known.reply !== undefined) return known.reply;
    const reply = this.#ping(target);
    known.reply = reply;
    // A ping that was not sent says nothing: the next caller tries again. Nobody may wait for this one.
    reply.catch(() => {
      known.reply = undefined;
    });
    return reply;
  }

  /** Sends the ping to a target, unless it was sent before, and does not wait for the reply. */
  start(target: Ipv4Address): void {
    void this.replyOf(target);
  }

  /** The distance of a target whose reply has arrived by now, as {@link distanceOf} has it. */
  distanceSoFar(target: Ipv4Address): number | undefined {
    return this.distancesSoFar(target)[0];
  }

  /** The distances of a target by all its replies that have arrived by now. They differ where load is balanced over paths of different lengths. */
  distancesSoFar(target: Ipv4Address): number[] {
    return (this.#targets.get(target)?.arrived ?? []).flatMap(({ ttl }) => hopsTravelled(ttl) ?? []);
  }

  /** Notes that a router has reported an expired packet. */
  noteExpiry(reply: PingReply): void {
    this.#of(reply.from).expiry = reply;
  }

  /** The distance of a router by the TTL of the expired packet that it has reported; `undefined` when it has reported none. */
  distanceByExpiry(router: Ipv4Address): number | undefined {
    const reply = this.#targets.get(router)?.expiry;
    return reply && hopsTravelled(reply.ttl);
  }

  /** Pings a target once more, and waits for the reply. @throws {ProbingError} when the ping cannot be sent, `cancelled` */
  async repeat(target: Ipv4Address): Promise<void> {
    await this.#ping(target);
  }

  /**
   * Number of routers and links from a target to the source, by the TTL of its reply; `undefined` when it did not answer, or could not be
   * pinged. @throws {ProbingError} `cancelled`
   */
  async distanceOf(target: Ipv4Address): Promise<number | undefined> {
    const reply = await this.replyOf(target).catch((error: unknown) => {
      if (!(error instanceof ProbingError) || error.code === 'cancelled') throw error;
      return undefined;
    });
    return reply && hopsTravelled(reply.ttl);
  }

  #ping(target: Ipv4Address): Promise<PingReply | undefined> {
    const { timeoutFor, prober, outages, stats, signal } = this.#collaborators;
    const timeoutMs = timeoutFor(target);
    const probe = (): Promise<PingResult> => {
      stats.plainPings++;
      return prober.ping({ type: 'ping', sender: this.#source, target, timeoutMs }, signal);
    };
    const ended = outages.repeated(this.#source, { probe, isSilent: isUnanswered }, signal);
    return ended.then((result) => {
      const reply = echoReplyOf(result);
      if (reply === undefined) return undefined;
      const known = this.#of(target);
      known.arrived = known.arrived.concat(reply);
      return reply;
    });
  }

  #of(target: Ipv4Address): OneTarget {
    const known = this.#targets.get(target);
    if (known !== undefined) return known;
    const added = { reply: undefined, arrived: NONE, expiry: undefined };
    this.#targets.set(target, added);
    return added;
  }
}

const isUnanswered = ({ reply }: PingResult): boolean => reply === undefined;

/**
 * Number of links that a packet has crossed, from the TTL that is left of it: systems start at 64, 128 or 255. `undefined` for the TTL 0, which
 * means that it is not known.
 */
export function hopsTravelled(ttl: number): number | undefined {
  if (ttl === 0) return undefined;
  const initial = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
  return initial - ttl + 1;
}
