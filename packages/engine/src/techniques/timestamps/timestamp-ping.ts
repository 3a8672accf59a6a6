import type { Ipv4Address } from '@revtr/net';
import { echoReplyOf, type PingRequest } from '@revtr/probing';
import { runConfirmedRound } from '../../timing/confirmed-round.ts';
import type { Measurement } from '../contract/measurement.ts';

/** Pings with the Timestamp option with prespecified addresses (RFC 791, flag 3). */
export interface TimestampPing {
  readonly target: Ipv4Address;
  /** Addresses of the option, at most four. A router stamps only when its address is the next one without a stamp. */
  readonly slots: readonly Ipv4Address[];
  /** Who sends: the source, spoofers with the address of the source, or vantage points with their own address. */
  readonly from:
    | { readonly type: 'source' }
    | { readonly type: 'spoofers' | 'vantagePoints'; readonly senders: readonly Ipv4Address[] };
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
}

/** The first answer to a timestamp ping. */
export interface TimestampAnswer {
  readonly sender: Ipv4Address;
  /** Stamp of each slot, milliseconds since midnight UT (RFC 791); `undefined` for a slot without a stamp. */
  readonly times: readonly (number | undefined)[];
  /** When the ping was sent, milliseconds since the Unix epoch. */
  readonly sentAt: number;
}

/** Sends timestamp pings in one round. Returns the first answer, `undefined` when there is none. @throws {ProbingError} `cancelled` */
export async function pingForTimestamps(
  measurement: Measurement,
  { target, slots, from, timeoutMs }: TimestampPing,
): Promise<TimestampAnswer | undefined> {
  const { path, prober, stats, adaptiveTimeout } = measurement;
  const senders = from.type === 'source' ? [path.source] : from.senders;
  const requests = senders.map((sender): PingRequest => {
    const request = {
      type: 'ping',
      sender,
      target,
      option: { type: 'timestamp', form: 'prespecified', slots },
      timeoutMs,
    } as const;
    const spoof = { claimedSource: path.source, receiver: path.source };
    return sender === path.source || from.type !== 'spoofers' ? request : { ...request, spoof };
  });
  const onSend = (sent: readonly PingRequest[]): void => {
    if (from.type === 'source') stats.timestampPings += prober.fresh(sent);
    else stats.spoofedTimestampPings += prober.fresh(sent);
  };
  const adaptiveMs = Math.min(
    timeoutMs,
    Math.max(...senders.map((sender) => adaptiveTimeout.timeoutFor(sender, target))),
  );
  const deadline = () => adaptiveMs;
  const round = { source: path.source, requests, deadline, onSend };
  const { answers } = await runConfirmedRound(round, measurement);
  for (const result of answers) {
    const timestamps = echoReplyOf(result)?.timestamps;
    if (timestamps === undefined) continue;
    const { request, sentAt } = result;
    return { sender: request.sender, times: timestamps.map(({ milliseconds }) => milliseconds), sentAt };
  }
  return undefined;
}
