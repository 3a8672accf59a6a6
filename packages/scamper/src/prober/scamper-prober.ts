import { randomBytes } from 'node:crypto';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import {
  assertValidRequest,
  type Clock,
  createSpoofMark,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type Spoof,
  type TracerouteRequest,
  type TracerouteResult,
  toPingReply,
} from '@revtr/probing';
import type { ScamperDriver } from '../control/scamper-driver.ts';
import { ScamperHost } from './scamper-host.ts';

/** Options of a {@link ScamperProber}. */
export interface ScamperProberOptions {
  /** A driver for each host, by the address of the host. Every host may spoof as every other host. */
  readonly drivers: ReadonlyMap<Ipv4Address, ScamperDriver>;
}

/**
 * A {@link Prober} over several scampers that this process drives. For a spoofed probe, the scamper of the sender sends the packet and the scamper
 * of the receiver captures the reply.
 */
export class ScamperProber implements Prober {
  readonly #hosts: ReadonlyMap<Ipv4Address, ScamperHost>;
  readonly #clock: Clock;

  constructor(options: ScamperProberOptions, { clock }: { readonly clock: Clock }) {
    this.#hosts = new Map(
      [...options.drivers].map(([address, driver]) => [address, new ScamperHost({ driver, clock })]),
    );
    this.#clock = clock;
  }

  async ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    assertValidRequest(request);
    const sender = this.#host(request.sender, 'unknownSender');
    if (request.spoof !== undefined) return this.#spoof(request, request.spoof, sender, signal);
    return sender.ping(request, signal);
  }

  async traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    assertValidRequest(request);
    return this.#host(request.sender, 'unknownSender').traceroute(request, signal);
  }

  /** Starts a capture at the receiver for a reply with random numbers, then sends the probe that has these numbers. */
  async #spoof(request: PingRequest, spoof: Spoof, sender: ScamperHost, signal?: AbortSignal): Promise<PingResult> {
    const { claimedSource, receiver } = spoof;
    const catcher = this.#host(receiver, 'unknownReceiver');
    if (!this.#hosts.has(claimedSource))
      throw new ProbingError(
        'spoofingRefused',
        `no scamper runs at ${formatIpv4(claimedSource)}, whose address cannot be claimed`,
      );
    const mark = spoof.mark ?? createSpoofMark(randomBytes);
    let sentAt = this.#clock.now();
    const onReady = (): void => {
      sentAt = this.#clock.now();
      // A probe that could not be sent gets no reply, and the capture ends with its timeout.
      sender.emitSpoofed(request, claimedSource, mark, { signal }).catch(() => undefined);
    };
    const { target, timeoutMs } = request;
    const packet = await catcher.catchReply({ receiver, target, mark }, { timeoutMs, signal, onReady });
    return { type: 'ping', request, sentAt, ...(packet && { reply: toPingReply(packet, this.#clock.now() - sentAt) }) };
  }

  #host(address: Ipv4Address, code: 'unknownSender' | 'unknownReceiver'): ScamperHost {
    const host = this.#hosts.get(address);
    if (host === undefined)
      throw new ProbingError(code, `no scamper runs at ${formatIpv4(address)}`, { address: formatIpv4(address) });
    return host;
  }
}
