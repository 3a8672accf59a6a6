import { ReplyMatcher, type Worker } from '@revtr/agent';
import { buildEchoRequest, headerLengthOf, ICMP, type Ipv4Address, icmpTypeOf } from '@revtr/net';
import { cancelled, DEFAULT_TTL, type PingRequest, type SpoofMark, type TracerouteRequest } from '@revtr/probing';
import type { SimProber, SimulatedInternet } from '@revtr/sim';

type Scamper = NonNullable<ConstructorParameters<typeof Worker>[0]['scamper']>;

/** What an agent needs of its host, on a simulated Internet: a stand-in for scamper, and the echo replies that arrive. */
export class SimulatedHost {
  readonly scamper: Scamper;
  readonly replies = new ReplyMatcher({ now: () => performance.now() });

  constructor(
    options: { readonly address: Ipv4Address },
    { internet, prober }: { readonly internet: SimulatedInternet; readonly prober: SimProber },
  ) {
    internet.network.attach(options.address, (packet) => {
      if (icmpTypeOf(packet, headerLengthOf(packet, 0)) === ICMP.echoReply) this.replies.offer(packet);
    });
    this.scamper = {
      ping: (request: PingRequest, signal?: AbortSignal, beforeSend?: () => void) => {
        beforeSend?.();
        return prober.ping(request, signal);
      },
      traceroute: (request: TracerouteRequest, signal?: AbortSignal, beforeSend?: () => void) => {
        beforeSend?.();
        return prober.traceroute(request, signal);
      },
      emitSpoofed: async (request: PingRequest, claimedSource: Ipv4Address, mark: SpoofMark, asked = {}) => {
        if (asked.signal?.aborted === true) throw cancelled();
        asked.beforeSend?.();
        const { target, ttl = DEFAULT_TTL, option } = request;
        const { identifier, sequence, token } = mark;
        const packet = buildEchoRequest({
          ...{ source: claimedSource, destination: target, ttl, identifier, sequence },
          payload: Buffer.from(token, 'hex'),
          ...(option && { option }),
        });
        internet.network.send(packet, options.address);
      },
    };
  }
}
