import type { Ipv4Address } from '@revtr/net';
import { type PingRequest, type PingResult, type Prober, ProbingError, type TracerouteResult } from '@revtr/probing';

/** A network that can be told what does not work in it. */
export class FaultyNetwork implements Prober {
  readonly #source: Ipv4Address;
  readonly claimed = new Set<Ipv4Address>();
  readonly broken = { recordRoute: false, spoofed: false, everything: false };
  /** Whether the addresses that the source probes drop packets with the option, whoever sends them. */
  isOptionLost = false;
  isSpoofingStopped = false;
  /** Called before each ping. */
  onPing: () => Promise<void> = async () => undefined;

  constructor({ source }: { readonly source: Ipv4Address }) {
    this.#source = source;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    await this.onPing();
    const { sender, target, option, spoof } = request;
    if (spoof !== undefined) this.claimed.add(spoof.claimedSource);
    if (spoof !== undefined && this.isSpoofingStopped)
      throw new ProbingError('killSwitch', 'an operator has stopped all spoofing', { scope: 'spoofing', subject: '' });
    const { recordRoute, spoofed, everything } = this.broken;
    const isOwnOption = option !== undefined && spoof === undefined;
    const isLost =
      everything ||
      (isOwnOption && (this.isOptionLost || (recordRoute && sender === this.#source))) ||
      (spoofed && spoof !== undefined);
    const stamps = option === undefined ? {} : { recordRoute: [target] };
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, ...stamps };
    return { type: 'ping', request, sentAt: 0, ...(!isLost && { reply }) };
  }

  async traceroute(request: TracerouteResult['request']): Promise<TracerouteResult> {
    const hops = this.broken.everything ? [{ ttl: 1 }] : [{ ttl: 1, from: request.target, rttMs: 1 }];
    return { type: 'traceroute', request, startedAt: 0, endedAt: 1, stop: 'completed', hops, probesSent: 1 };
  }
}
