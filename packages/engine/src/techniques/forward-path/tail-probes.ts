import { ICMP, type Ipv4Address } from '@revtr/net';
import type { PingReply, PingRequest, PingResult, ProbingError, TracerouteHop } from '@revtr/probing';
import { runConfirmedRound } from '../../timing/confirmed-round.ts';
import type { Measurement } from '../contract/measurement.ts';

/** Largest TTL that is probed. */
export const MOST_HOPS = 40;

/** Routers that have not answered after this time and this multiple of the time of the furthest router in the same round are silent. */
const NEARER_MS = 100;
const NEARER_FACTOR = 1.25;

/** TTL-limited pings to one target, and the hops they have shown. */
export class TailProbes {
  readonly #measurement: Measurement;
  readonly #target: Ipv4Address;
  readonly #timeoutMs: number;
  readonly #replies = new Map<number, PingReply>();
  first = MOST_HOPS + 1;
  last = 0;
  sent = 0;

  constructor(measurement: Measurement, target: Ipv4Address, timeoutMs: number) {
    this.#measurement = measurement;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
  }

  /** How long the target took to answer, milliseconds; `undefined` when it has not answered. */
  get #reachedMs(): number | undefined {
    return this.#replies.get(this.reachedAt ?? 0)?.rttMs;
  }

  /** Lowest TTL with which the target itself answered. */
  get reachedAt(): number | undefined {
    const reached = [...this.#replies].flatMap(([ttl, { icmpType }]) => (icmpType === ICMP.echoReply ? [ttl] : []));
    return reached.length === 0 ? undefined : Math.min(...reached);
  }

  /** Whether a router before the target is known. */
  get showsHopBefore(): boolean {
    const end = this.reachedAt ?? this.last + 1;
    return [...this.#replies.keys()].some((ttl) => ttl < end);
  }

  /** How many of the last hops probed are silent. */
  get silentEnd(): number {
    const lastAnswer = Math.max(0, ...this.#replies.keys());
    return this.last - lastAnswer;
  }

  /** The hops up to the target, silent ones included. */
  get hops(): TracerouteHop[] {
    const end = this.reachedAt ?? this.last;
    return Array.from({ length: end - this.first + 1 }, (_, i): TracerouteHop => {
      const reply = this.#replies.get(this.first + i);
      return reply === undefined
        ? { ttl: this.first + i }
        : { ttl: this.first + i, from: reply.from, rttMs: reply.rttMs };
    });
  }

  async probe(from: number, to: number): Promise<void> {
    const [first, last] = [Math.max(1, from), Math.min(MOST_HOPS, to)];
    this.first = Math.min(this.first, first);
    this.last = Math.max(this.last, last);
    await this.#send(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  }

  /** Asks silent hops right before the target once more: whether the hop found is adjacent depends on them. */
  async retryBefore(): Promise<void> {
    const end = this.reachedAt;
    if (end === undefined) return;
    const silent: number[] = [];
    for (let ttl = end - 1; ttl >= this.first && !this.#replies.has(ttl); ttl--) silent.push(ttl);
    if (silent.length > 0) await this.#send(silent);
  }

  async #send(ttls: readonly number[]): Promise<void> {
    const { path, endSignal } = this.#measurement;
    const sender = path.source;
    const [target, timeoutMs] = [this.#target, this.#timeoutMs];
    const requests = ttls.map((ttl) => ({ type: 'ping', sender, target, ttl, timeoutMs }) as const);
    const onSend = (sent: readonly PingRequest[]): void => {
      this.sent += sent.length;
      // Counted at once, because the measurement may end before the traceroute does.
      this.#measurement.stats.tracerouteProbes += sent.length;
    };
    let refusal: ProbingError | undefined;
    const onRefused = (_request: unknown, error: ProbingError): void => {
      refusal ??= error;
    };
    // A hop that is asked again is nearer than the target, which has answered.
    let furthestMs = this.#reachedMs;
    const onAnswer = ({ request }: PingResult, waitedMs: number): boolean => {
      if (request.ttl === ttls[ttls.length - 1]) furthestMs = waitedMs;
      return false;
    };
    const deadline = (): number =>
      furthestMs === undefined ? timeoutMs : Math.min(timeoutMs, NEARER_MS + NEARER_FACTOR * furthestMs);
    const round = { source: sender, requests, deadline, onAnswer, onSend, onRefused };
    const signal = endSignal ?? this.#measurement.signal;
    const { answers } = await runConfirmedRound(round, { ...this.#measurement, ...(signal && { signal }) });
    // A hop that was not asked would look silent.
    if (refusal !== undefined) throw refusal;
    for (const { request, reply } of answers) {
      if (reply === undefined) continue;
      this.#replies.set(request.ttl ?? 0, reply);
      if (reply.icmpType === ICMP.timeExceeded) this.#measurement.plainPings.noteExpiry(reply);
    }
  }
}
