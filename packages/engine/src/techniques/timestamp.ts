import { formatIpv4, type Ipv4Address, parseIpv4, type TimestampEntry } from '@revtr/net';
import type { PingRequest, PingResult } from '@revtr/probing';
import { CONFIDENCE } from '../path/confidence.ts';
import type { TimestampProof } from '../path/evidence.ts';
import type { Hop } from '../path/hop.ts';
import { runRound } from '../timing/round.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';

export interface TimestampOptions {
  /** Whether it is used where the request does not say. */
  readonly isDefault: boolean;
  /** Neighbours of a hop that are guessed, at most. */
  readonly candidatesPerHop: number;
  /** Spoofers asked where the source itself gets no answer. */
  readonly spoofersPerHop: number;
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
}

/** An address that stamps nothing anywhere: a router that fills its slot fills every slot (RFC 5737, TEST-NET-1). */
const NOBODY = parseIpv4('192.0.2.1');
/** Stamps further apart than this were made by routers apart from each other, milliseconds. */
const APART_MS = 3;

/**
 * Guesses the next hop from what is known of neighbours, and lets the Timestamp option with prespecified addresses prove it: an address
 * is stamped only behind the one before it in the list, so that a neighbour that stamps behind the target lies on the way
 * back (NSDI 2010, section 3.3).
 */
export class Timestamp implements Technique {
  readonly name = 'timestamp';
  readonly #options: TimestampOptions;
  readonly #tried = new Set<string>();
  /** Hops that do not answer this option at all. */
  readonly #deaf = new Set<Ipv4Address>();

  constructor(options: TimestampOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, atlas, options } = measurement;
    if (!(options.useTimestamp ?? this.#options.isDefault)) return notApplicable('timestamps are off');
    const target = path.last.address;
    if (!measurement.mayProbe(target)) return notApplicable('the last hop cannot be probed');
    if (this.#deaf.has(target)) return notApplicable('the last hop does not answer timestamps');
    const neighbours = atlas
      .neighboursOf(target)
      .filter((address) => path.indexOf(address) < 0 && !this.#tried.has(`${target} ${address}`))
      .slice(0, this.#options.candidatesPerHop);
    if (neighbours.length === 0) return notApplicable('no neighbour is known');
    for (const neighbour of neighbours) {
      this.#tried.add(`${target} ${neighbour}`);
      const proof = await this.#test(measurement, target, neighbour);
      if (proof === 'deaf') {
        this.#deaf.add(target);
        return nothingFound(`${formatIpv4(target)} does not answer timestamps`);
      }
      if (proof === undefined) continue;
      const detail = `${formatIpv4(neighbour)} stamps behind ${formatIpv4(target)}`;
      return { outcome: 'extended', from: path.hops.length - 1, hops: [toHop(neighbour, target, proof)], detail };
    }
    return nothingFound(`none of ${neighbours.length} neighbours stamps behind ${formatIpv4(target)}`);
  }

  /** Whether `neighbour` is proved to lie behind `target`; `deaf` when the target answers nobody. */
  async #test(
    measurement: Measurement,
    target: Ipv4Address,
    neighbour: Ipv4Address,
  ): Promise<Proof | 'deaf' | undefined> {
    const ask = [target, neighbour, neighbour, NOBODY];
    let answer = await this.#send(measurement, target, ask, []);
    if (answer === undefined) {
      const spoofers = measurement.ranking.rank(target).slice(0, this.#options.spoofersPerHop);
      answer = await this.#send(
        measurement,
        target,
        ask,
        spoofers.map(({ address }) => address),
      );
    }
    if (answer === undefined) return 'deaf';
    const { sender, times, sentAt } = answer;
    const isSpoofed = sender !== measurement.path.source;
    const common = { sender, at: sentAt };
    if (times[0] === undefined) return this.#testSilentStamper(measurement, target, neighbour);
    // Nobody has the last address: who stamps for it stamps for everybody.
    if (times[1] === undefined || times[3] !== undefined) return undefined;
    const technique = isSpoofed ? 'spoofedTimestamp' : 'timestamp';
    if (times[2] !== undefined || isApart(times[0], times[1])) return { technique, proof: 'order', ...common };
    // Some systems fill whatever slot comes next: such a stamp proves nothing.
    const check = await this.#send(measurement, target, [target, NOBODY, NOBODY], isSpoofed ? [sender] : []);
    return check === undefined || check.times[1] !== undefined ? undefined : { technique, proof: 'honest', ...common };
  }

  /** A target that never stamps itself: the neighbour must stamp once on the way there and once on the way back. */
  async #testSilentStamper(
    measurement: Measurement,
    target: Ipv4Address,
    neighbour: Ipv4Address,
  ): Promise<Proof | undefined> {
    const spoofers = measurement.ranking.rank(target).slice(0, this.#options.spoofersPerHop);
    const four = [neighbour, neighbour, neighbour, neighbour];
    for (const { address } of spoofers) {
      const answer = await this.#send(measurement, target, four, [address]);
      const stamped = answer?.times.filter((time) => time !== undefined).length ?? 0;
      const common = { sender: address, at: answer?.sentAt ?? 0 };
      if (stamped === 2 || stamped === 3) return { technique: 'timestampDoubleStamp', proof: 'bothWays', ...common };
      if (stamped === 0) continue;
      // One stamp, or all four: on the way back only if the vantage point's own packets never pass the neighbour.
      const own = await this.#send(measurement, target, four, [address], false);
      if (own !== undefined && own.times[0] === undefined)
        return { technique: 'timestampDoubleStamp', proof: 'backOnly', ...common };
    }
    return undefined;
  }

  /** Asks from the source, or spoofed from `spoofers`, or from these in their own name. The first answer counts. */
  async #send(
    measurement: Measurement,
    target: Ipv4Address,
    slots: readonly Ipv4Address[],
    spoofers: readonly Ipv4Address[],
    isSpoofed = true,
  ): Promise<
    | { readonly sender: Ipv4Address; readonly times: readonly (number | undefined)[]; readonly sentAt: number }
    | undefined
  > {
    const { path, prober, stats, recordRouteTimeout } = measurement;
    const { timeoutMs } = this.#options;
    const senders = spoofers.length === 0 ? [path.source] : spoofers;
    const requests = senders.map((sender): PingRequest => {
      const request = {
        type: 'ping',
        sender,
        target,
        option: { type: 'timestamp', form: 'prespecified', slots },
        timeoutMs,
      } as const;
      const spoof = { claimedSource: path.source, receiver: path.source };
      return sender === path.source || !isSpoofed ? request : { ...request, spoof };
    });
    if (spoofers.length === 0) stats.timestampPings += prober.fresh(requests);
    else stats.spoofedTimestampPings += prober.fresh(requests);
    const deadline = () => Math.min(timeoutMs, recordRouteTimeout.current);
    const answers = await runRound({ requests, deadline }, measurement);
    const answer = answers.find(({ reply }) => reply?.timestamps !== undefined);
    return answer && { sender: answer.request.sender, times: timesOf(answer), sentAt: answer.sentAt };
  }
}

interface Proof {
  readonly technique: 'timestamp' | 'spoofedTimestamp' | 'timestampDoubleStamp';
  readonly proof: TimestampProof;
  readonly sender: Ipv4Address;
  readonly at: number;
}

function toHop(address: Ipv4Address, target: Ipv4Address, { technique, proof, sender, at }: Proof): Hop {
  const confidence = CONFIDENCE.timestamp[proof];
  return {
    address,
    technique,
    trust: 'measured',
    confidence,
    evidence: { type: 'timestamp', target, sender, proof, at },
  };
}

const timesOf = ({ reply }: PingResult): (number | undefined)[] =>
  (reply?.timestamps ?? []).map(({ milliseconds }: TimestampEntry) => milliseconds);

/** Whether two stamps were made at different places: later by more than a router needs, or earlier, by another clock. */
const isApart = (first: number, second: number): boolean => second - first > APART_MS || second < first;
