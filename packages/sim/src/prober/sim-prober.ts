import {
  buildEchoRequest,
  checkIcmpPacket,
  echoIdentifierOf,
  echoSequenceOf,
  formatIpv4,
  headerLengthOf,
  ICMP,
  ICMP_HEADER_LENGTH,
  type IcmpPacket,
  type Ipv4Address,
  icmpTypeOf,
  parseIcmpPacket,
  quotesPacket,
} from '@revtr/net';
import {
  assertValidRequest,
  cancelled,
  DEFAULT_TTL,
  type PingRequest,
  type PingResult,
  type Prober,
  ProbingError,
  type TracerouteRequest,
  type TracerouteResult,
  toPingReply,
} from '@revtr/probing';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { Network } from '../forwarding/network.ts';
import { PendingProbes } from './pending.ts';
import type { Probe, ProbeAnswer, ProbeSender } from './probe.ts';
import { runTraceroute } from './traceroute.ts';

/** Hosts of a {@link SimProber}. */
export interface SimProberOptions {
  /** Addresses of hosts that may send and receive. */
  readonly agents: readonly Ipv4Address[];
}

const PING_IDENTIFIER = 0x5254;
const FLOW_CHECKSUM = 0x7274;
const PAYLOAD = new TextEncoder().encode('reverse traceroute  ');

/** A {@link Prober} that sends packets into a simulated network from its agents and parses the replies. */
export class SimProber implements Prober, ProbeSender {
  /** Packets sent since the prober was created, with and without IP options. */
  readonly sent = { plain: 0, withOptions: 0 };
  readonly #network: Network;
  readonly #clock: VirtualClock;
  readonly #pending = new Map<Ipv4Address, PendingProbes>();

  constructor(options: SimProberOptions, collaborators: { readonly network: Network; readonly clock: VirtualClock }) {
    this.#network = collaborators.network;
    this.#clock = collaborators.clock;
    for (const agent of options.agents) {
      const pending = new PendingProbes(agent);
      this.#pending.set(agent, pending);
      this.#network.attach(agent, (packet) => dispatch(pending, packet));
    }
  }

  ping(request: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    try {
      assertValidRequest(request);
    } catch (error) {
      return Promise.reject(error);
    }
    const { sender, target, spoof, option, ttl = DEFAULT_TTL, timeoutMs } = request;
    const sentAt = this.#clock.now();
    const ended = this.send(
      {
        sender,
        receiver: spoof?.receiver ?? sender,
        claimedSource: spoof?.claimedSource ?? sender,
        target,
        identifier: PING_IDENTIFIER,
        ttl,
        timeoutMs,
        ...(option && { option }),
      },
      signal,
    );
    return ended.then((answer) => ({
      type: 'ping',
      request,
      sentAt,
      ...(answer && { reply: toPingReply(answer.packet, answer.rttMs) }),
    }));
  }

  async traceroute(request: TracerouteRequest, signal?: AbortSignal): Promise<TracerouteResult> {
    assertValidRequest(request);
    return runTraceroute(request, { sender: this, clock: this.#clock, ...(signal && { signal }) });
  }

  /** Sends one probe; resolves with its answer, or with `undefined` after its timeout. */
  send(probe: Probe, signal?: AbortSignal): Promise<ProbeAnswer | undefined> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      if (!this.#pending.has(probe.sender)) return reject(unknown('unknownSender', probe.sender));
      const pending = this.#pending.get(probe.receiver);
      if (pending === undefined) return reject(unknown('unknownReceiver', probe.receiver));
      const sentAt = this.#clock.now();
      const finish = (): void => {
        pending.remove(probe.identifier, sequence);
        this.#clock.cancel(timer);
        signal?.removeEventListener('abort', stop);
      };
      const stop = (): void => {
        finish();
        reject(cancelled());
      };
      const sequence = pending.add(probe.identifier, (bytes) => {
        const packet = parseIcmpPacket(bytes);
        if (!isAnswer(packet, probe)) return;
        finish();
        resolve({ packet, rttMs: this.#clock.now() - sentAt });
      });
      const timer = this.#clock.schedule(probe.timeoutMs, () => {
        finish();
        resolve(undefined);
      });
      signal?.addEventListener('abort', stop, { once: true });
      this.#emit(probe, sequence);
    });
  }

  #emit(probe: Probe, sequence: number): void {
    const packet = buildEchoRequest({
      source: probe.claimedSource,
      destination: probe.target,
      ttl: probe.ttl,
      identifier: probe.identifier,
      sequence,
      payload: PAYLOAD,
      checksum: FLOW_CHECKSUM,
      ...(probe.option && { option: probe.option }),
    });
    if (probe.option === undefined) this.sent.plain++;
    else this.sent.withOptions++;
    this.#network.send(packet, probe.sender);
  }
}

/** Hands a packet to the probe it answers: by its own echo fields, or by those of the packet it quotes. */
function dispatch(pending: PendingProbes, packet: Uint8Array): void {
  if (checkIcmpPacket(packet, 0, packet.length) !== undefined) return;
  let icmp = headerLengthOf(packet, 0);
  if (quotesPacket(icmpTypeOf(packet, icmp))) {
    const quote = icmp + ICMP_HEADER_LENGTH;
    icmp = quote + headerLengthOf(packet, quote);
  }
  pending.find(echoIdentifierOf(packet, icmp), echoSequenceOf(packet, icmp))?.(packet);
}

/** Whether a packet with the right numbers is what the probe can have caused. */
function isAnswer(packet: IcmpPacket, probe: Probe): boolean {
  if (packet.type === ICMP.echoReply) return packet.source === probe.target;
  return packet.quoted !== undefined && packet.quoted.destination === probe.target;
}

const unknown = (code: 'unknownSender' | 'unknownReceiver', address: Ipv4Address): ProbingError =>
  new ProbingError(code, `${formatIpv4(address)} is not an agent`, { address: formatIpv4(address) });
