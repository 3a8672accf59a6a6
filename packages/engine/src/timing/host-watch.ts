import type { Ipv4Address } from '@revtr/net';

/**
 * Tells an outage of a host that measures from a silence of targets. An engine without one books every silence on the targets, which is
 * right in a simulation, where the hosts that measure are always online.
 */
export interface HostWatch {
  /**
   * Which of `hosts` were offline at some time between `since` (milliseconds since the Unix epoch) and now. Call it right after a wait for
   * answers has ended without them. It may send probes.
   * @throws {ProbingError} `cancelled` when the signal fires
   */
  offlineSince(hosts: readonly Ipv4Address[], since: number, signal?: AbortSignal): Promise<ReadonlySet<Ipv4Address>>;
  /**
   * Resolves to true as soon as the host is online, and to false after `mostMs` milliseconds.
   * @throws {ProbingError} `cancelled` when the signal fires
   */
  untilOnline(host: Ipv4Address, mostMs: number, signal?: AbortSignal): Promise<boolean>;
}
