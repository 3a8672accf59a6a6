import type { Ipv4Address } from '@revtr/net';
import { echoReplyOf, type PingResult, ProbingError } from '@revtr/probing';
import type { RttCache } from './knowledge/rtt-cache.ts';
import type { Measurement } from './techniques/contract/measurement.ts';

const RTT_TIMEOUT_MS = 1_000;

/**
 * Round-trip times from the source to the hops of a path that identify a router and may be probed, milliseconds by address; hops that did not answer are absent.
 * Each hop is pinged once, unless `known` has an answer or a silence that is still valid and that the options allow to reuse. A hop whose ping
 * cannot be sent is absent, too: the path is right without it. `onRtt` is told each one as soon as it is known. @throws {ProbingError} `cancelled`
 */
export async function measureRtts(
  { path, prober, clock, stats, signal, mayProbe, outages, aliases, options }: Measurement,
  known: RttCache,
  onRtt: (hop: Ipv4Address, rttMs: number) => void = () => undefined,
): Promise<Map<Ipv4Address, number>> {
  const rtts = new Map<Ipv4Address, number>();
  const note = (hop: Ipv4Address, rttMs: number | undefined): void => {
    if (rttMs === undefined) return;
    rtts.set(hop, rttMs);
    onRtt(hop, rttMs);
  };
  const ask = (hop: Ipv4Address): Promise<void> | undefined => {
    if (hop === path.source || aliases.routerKey(hop) === undefined || !mayProbe(hop)) return undefined;
    const entry = known.find(path.source, hop, clock.now(), options.reuseMaxAgeMs);
    if (entry !== undefined) {
      note(hop, entry.rttMs);
      return undefined;
    }
    const request = { type: 'ping', sender: path.source, target: hop, timeoutMs: RTT_TIMEOUT_MS } as const;
    const probe = (): Promise<PingResult> => {
      stats.plainPings++;
      return prober.ping(request, signal);
    };
    return outages.repeated(path.source, { probe, isSilent }, signal).then(
      (result) => {
        const rttMs = echoReplyOf(result)?.rttMs;
        known.remember(path.source, hop, rttMs, clock.now());
        note(hop, rttMs);
      },
      (error: unknown) => {
        if (!(error instanceof ProbingError) || error.code === 'cancelled') throw error;
      },
    );
  };
  await Promise.all(path.hops.map(({ address }) => ask(address)));
  return rtts;
}

const isSilent = ({ reply }: PingResult): boolean => reply === undefined;
