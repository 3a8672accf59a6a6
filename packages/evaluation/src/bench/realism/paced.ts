import { recordRoutePing } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { PingRequest, PingResult } from '@revtr/probing';
import type { SimProber, SimulatedInternet } from '@revtr/sim';

/** Rate of one vantage point in the survey of 2016 (IMC 2017, section 3.1), packets a second. */
export const SURVEY_RATE = 20;

/** One ping to each target: with Record Route, or plain. */
export const pingsTo = (
  targets: readonly Ipv4Address[],
  options: { readonly sender: Ipv4Address; readonly timeoutMs: number; readonly hasOption: boolean },
): PingRequest[] => {
  const { sender, timeoutMs, hasOption } = options;
  return targets.map((target) =>
    hasOption ? recordRoutePing(sender, sender, target, timeoutMs) : { type: 'ping', sender, target, timeoutMs },
  );
};

/** Sends pings at a steady rate, in packets a second, because routers limit the rate of packets with options. */
export function pingPaced(
  { clock }: SimulatedInternet,
  prober: SimProber,
  requests: readonly PingRequest[],
  rate = SURVEY_RATE,
): Promise<PingResult[]> {
  const send = async (): Promise<PingResult[]> => {
    const pings: Promise<PingResult>[] = [];
    for (const request of requests) {
      pings.push(prober.ping(request));
      await clock.sleep(1000 / rate);
    }
    return Promise.all(pings);
  };
  return clock.drive(send());
}
