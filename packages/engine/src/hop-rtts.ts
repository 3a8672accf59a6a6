import type { Ipv4Address } from '@revtr/net';
import { type PingResult, ProbingError } from '@revtr/probing';
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
  await Promise.all(
    path.hops.map(async ({ address }) => {
      if (address === path.source || aliases.routerKey(address) === undefined || !mayProbe(address)) return;
      let entry = known.find(path.source, address, clock.now(), options.reuseMaxAgeMs);
      if (entry === undefined) {
        const request = { type: 'ping', sender: path.source, target: address, timeoutMs: RTT_TIMEOUT_MS } as const;
        const probe = (): Promise<PingResult> => {
          stats.plainPings++;
          return prober.ping(request, signal);
        };
        const isSilent = ({ reply }: PingResult): boolean => reply === undefined;
        const result = await outages.repeated(path.source, { probe, isSilent }, signal).catch((error: unknown) => {
          if (!(error instanceof ProbingError) || error.code === 'cancelled') throw error;
          return undefined;
        });
        if (result === undefined) return;
        entry = { rttMs: result.reply?.rttMs };
        known.remember(path.source, address, entry.rttMs, clock.now());
      }
      if (entry.rttMs === undefined) return;
      rtts.set(address, entry.rttMs);
      onRtt(address, entry.rttMs);
    }),
  );
  return rtts;
}
