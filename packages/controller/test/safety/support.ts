import { type IpToAs, PrefixOrigins } from '@revtr/engine';
import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import type { Clock, PingRequest, PingResult, Prober, TracerouteRequest, TracerouteResult } from '@revtr/probing';
import { BudgetGuard } from '../../src/safety/budgets/budget-guard.ts';
import { type BudgetSettings, budgetSettingsSchema } from '../../src/safety/budgets/limits.ts';
import { SubjectFinder } from '../../src/safety/budgets/subjects.ts';
import { GuardedProber, type ProbeGuard } from '../../src/safety/guarded-prober.ts';
import { NetworkLookup } from '../../src/safety/network-lookup.ts';
import { pooledRandomBytes } from '../../src/safety/random-pool.ts';

export const ip = parseIpv4;

/** AS 64500 announces two prefixes, AS 64501 one; nothing else is announced. */
const ipToAs: IpToAs = new PrefixOrigins([
  { prefix: parsePrefix('20.0.0.0/16'), asn: 64_500 },
  { prefix: parsePrefix('21.0.0.0/16'), asn: 64_500 },
  { prefix: parsePrefix('30.0.0.0/16'), asn: 64_501 },
]);

export const networks = (): NetworkLookup => new NetworkLookup({ ipToAs });

/** Limits that are not met unless a test sets lower ones. */
const WIDE = {
  packetsPerSecond: 1_000_000,
  packetsPerDay: 1_000_000,
  optionPacketsPerSecond: 1_000_000,
  optionPacketsPerDay: 1_000_000,
};

/** Budgets with the given limits; all others are wide. */
export function budgetsWith(limits: Partial<Record<keyof BudgetSettings, object | number>>): BudgetSettings {
  const { longestWaitSeconds = 30, ...kinds } = limits;
  const all = ['destination', 'slash24', 'prefix', 'as', 'vantagePoint', 'source', 'user'] as const;
  const settings = Object.fromEntries(all.map((kind) => [kind, { ...WIDE, ...Object(kinds[kind] ?? {}) }]));
  return budgetSettingsSchema.parse({ longestWaitSeconds, ...settings });
}

export function guardWith(
  limits: Parameters<typeof budgetsWith>[0],
  clock: Clock,
  own: readonly Ipv4Address[] = [],
): BudgetGuard {
  const subjects = new SubjectFinder({ networks: networks(), isOwn: (address) => own.includes(address) });
  return new BudgetGuard(budgetsWith(limits), { subjects, clock });
}

export const ping = (target: string, more: Partial<PingRequest> = {}): PingRequest => ({
  type: 'ping',
  sender: ip('10.0.0.1'),
  target: ip(target),
  timeoutMs: 1_000,
  ...more,
});

export const recordRoute = (target: string, more: Partial<PingRequest> = {}): PingRequest =>
  ping(target, { option: { type: 'recordRoute', slots: 9 }, ...more });

export const traceroute = (target: string, more: Partial<TracerouteRequest> = {}): TracerouteRequest => ({
  type: 'traceroute',
  sender: ip('10.0.0.1'),
  target: ip(target),
  timeoutMs: 1_000,
  ...more,
});

/** Answers every probe at once, and notes when each was sent. */
function recordingProber(clock: Clock): Prober & { readonly sent: { readonly target: number; at: number }[] } {
  const sent: { readonly target: number; at: number }[] = [];
  return {
    sent,
    ping: async (request): Promise<PingResult> => {
      sent.push({ target: request.target, at: clock.now() });
      const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60 };
      return { type: 'ping', request, sentAt: clock.now(), reply };
    },
    traceroute: async (request): Promise<TracerouteResult> => {
      sent.push({ target: request.target, at: clock.now() });
      const at = clock.now();
      return { type: 'traceroute', request, startedAt: at, endedAt: at, stop: 'completed', hops: [], probesSent: 12 };
    },
  };
}

export function guarded(clock: Clock, ...guards: readonly ProbeGuard[]) {
  const prober = recordingProber(clock);
  return { sent: prober.sent, prober: new GuardedProber({ prober, guards, clock, randomBytes: pooledRandomBytes }) };
}
