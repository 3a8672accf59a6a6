import { ICMP, type Ipv4Address } from '@revtr/net';
import type { PingReply, TracerouteHop, TracerouteRequest, TracerouteResult } from '@revtr/probing';
import { runRound } from '../timing/round.ts';
import type { Measurement } from './technique.ts';

/** A way to measure the forward path from the source to a target, or its end. */
export type ForwardTraceroute = (measurement: Measurement, target: Ipv4Address) => Promise<TracerouteResult>;

/** Hops probed at once before the expected distance of the target, and behind it. */
const BEFORE = 2;
const BEHIND = 1;
/** Hops probed at once when the target was not where it was expected, and how often. */
const WINDOW = 4;
const MOST_WINDOWS = 4;
const MOST_HOPS = 40;
/** Hops probed at once towards a target that answers no ping, until so many in a row are silent. */
const BLIND_WINDOW = 6;
const BLIND_GAP = 3;

/**
 * Measures only the end of the forward path from the source: a ping tells how far the target is, and TTL-limited pings to the hops
 * around that distance go out at once. Towards a target that answers no ping they go out from the first hop on.
 */
export async function traceTail(
  measurement: Measurement,
  target: Ipv4Address,
  options: { /** Longest wait for a reply, milliseconds. */ readonly timeoutMs: number },
): Promise<TracerouteResult> {
  const { path, prober, signal, stats, recordRouteTimeout, clock } = measurement;
  const sender = path.source;
  const startedAt = clock.now();
  const patience = Math.min(options.timeoutMs, recordRouteTimeout.current);
  stats.plainPings++;
  const { reply } = await prober.ping({ type: 'ping', sender, target, timeoutMs: patience }, signal);
  const isAnswered = reply !== undefined && reply.icmpType === ICMP.echoReply;
  const tail = new TailProbes(
    measurement,
    target,
    isAnswered ? Math.min(options.timeoutMs, 200 + 1.5 * reply.rttMs) : patience,
  );
  if (isAnswered) await probeAround(tail, Math.min(MOST_HOPS, distanceOf(reply.ttl)));
  else await probeBlindly(tail);
  await tail.retryBefore();
  stats.traceroutes++;
  stats.tracerouteProbes += tail.sent;
  const request = { type: 'traceroute', sender, target, firstHop: tail.first, timeoutMs: options.timeoutMs } as const;
  const stop = tail.reachedAt === undefined ? 'gapLimit' : 'completed';
  return { type: 'traceroute', request, startedAt, endedAt: clock.now(), stop, hops: tail.hops, probesSent: tail.sent };
}

/** Probes around the distance at which the target should be, and further out on the side on which something is missing. */
async function probeAround(tail: TailProbes, distance: number): Promise<void> {
  await tail.probe(distance - BEFORE, distance + BEHIND);
  for (let window = 0; window < MOST_WINDOWS; window++) {
    if (tail.reachedAt === undefined && tail.last < MOST_HOPS) await tail.probe(tail.last + 1, tail.last + WINDOW);
    else if (!tail.showsHopBefore && tail.first > 1) await tail.probe(tail.first - WINDOW, tail.first - 1);
  }
}

/** Probes from the source on until nothing answers any more: the target itself will not. */
async function probeBlindly(tail: TailProbes): Promise<void> {
  do await tail.probe(tail.last + 1, tail.last + BLIND_WINDOW);
  while (tail.reachedAt === undefined && tail.silentEnd < BLIND_GAP && tail.last < MOST_HOPS);
}

/** TTL-limited pings to one target, and the hops they have shown. */
class TailProbes {
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
    const sender = this.#measurement.path.source;
    const [target, timeoutMs] = [this.#target, this.#timeoutMs];
    this.sent += ttls.length;
    const requests = ttls.map((ttl) => ({ type: 'ping', sender, target, ttl, timeoutMs }) as const);
    const results = await runRound({ requests, deadline: () => timeoutMs }, this.#measurement);
    for (const { request, reply } of results) if (reply !== undefined) this.#replies.set(request.ttl ?? 0, reply);
  }
}

/** Measures the whole forward path from the source. */
export async function traceWhole(
  { path, prober, stats, signal }: Measurement,
  target: Ipv4Address,
  options: Pick<TracerouteRequest, 'timeoutMs' | 'attempts' | 'gapLimit'>,
): Promise<TracerouteResult> {
  const traceroute = await prober.traceroute({ type: 'traceroute', sender: path.source, target, ...options }, signal);
  stats.traceroutes++;
  stats.tracerouteProbes += traceroute.probesSent;
  return traceroute;
}

/** Hops that a packet has travelled, from what is left of its TTL: senders start at 64, 128 or 255. */
function distanceOf(ttl: number): number {
  const initial = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
  return initial - ttl + 1;
}
