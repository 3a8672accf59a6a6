import { formatIpv4, formatPrefix, type Ipv4Address, parseIpv4, prefixOf } from '@revtr/net';
import type { Random } from '@revtr/probing';
import { z } from 'zod';
import type { Pair } from './batches.ts';

/** What an operator may forbid in a run: the probes to a network that opts out, or those that a kill switch of one of four scopes stops. */
export const RESTRICTION_KINDS = ['optOut', 'target', 'vantagePoint', 'spoofing', 'probing'] as const;
export type RestrictionKind = (typeof RESTRICTION_KINDS)[number];

/** What an operator forbids during a run, and when. */
export const plannedRestrictionSchema = z.strictObject({
  kind: z.enum(RESTRICTION_KINDS),
  /** Prefix or address of what must not be probed or send probes; empty for all. */
  subject: z.string(),
  /** When the operator asks for it, milliseconds after the start of the clients. */
  atMs: z.number().min(0),
  /** How long the operator waits then for the first probe that this forbids, milliseconds: without one, nothing is shown. Absent if the operator does not wait. */
  waitForProbeMs: z.number().min(0).exactOptional(),
  /** Time from the answer to the request that allows the probes again, milliseconds. Absent if they stay forbidden. */
  liftAfterMs: z.number().min(0).exactOptional(),
});
export type PlannedRestriction = z.infer<typeof plannedRestrictionSchema>;

export interface RestrictionOptions {
  readonly pairs: readonly Pair[];
  /** Time over which the pairs are submitted, milliseconds. */
  readonly submitForMs: number;
  /** Sources and vantage points of the system: their networks are not chosen. */
  readonly hosts: readonly Ipv4Address[];
  /** Vantage points, one of which is stopped. */
  readonly vantagePoints: readonly Ipv4Address[];
}

/** Length of the networks that are chosen: one in forty of the destinations of the small simulated Internet. */
const LENGTH = 20;
/** Networks from which those that opt out, or are stopped, are drawn. */
const CANDIDATES = 12;
/** A switch that is lifted holds for so long at least, milliseconds: longer than it takes to be known everywhere. */
const LEAST_HELD_MS = 50_000;
const MORE_HELD_MS = 10_000;
/** Time from the stop of all probes to what is forbidden while measurements wait in the queue, milliseconds. */
const QUEUED_MS = 20_000;
/** Time from the stop of all probes until the operator no longer waits for the first probe of a kind, milliseconds: a minute after they are allowed again. */
const LAST_WAIT_MS = LEAST_HELD_MS + MORE_HELD_MS + 60_000;

/**
 * Draws what an operator forbids: probes to networks in which many destinations are, those of one vantage point, spoofed ones, and all. One network
 * opts out, and one is stopped, while no probe may be sent and measurements to it wait in the queue: afterwards, a process that does not know it
 * would probe them. The probes of the vantage point, and spoofed ones, are forbidden early, but not before one has left.
 */
export function planRestrictions(random: Random, options: RestrictionOptions): PlannedRestriction[] {
  const { submitForMs, vantagePoints } = options;
  const networks = random.shuffle(busyNetworks(options));
  const between = (from: number, to: number): number => Math.round(submitForMs * (from + (to - from) * random.next()));
  const held = (): { readonly liftAfterMs: number } => ({ liftAfterMs: LEAST_HELD_MS + random.below(MORE_HELD_MS) });
  const stoppedAtMs = between(0.6, 0.65);
  /** When probes are forbidden of which the first one leaves late on a slow machine. */
  const early = (): Pick<PlannedRestriction, 'atMs' | 'waitForProbeMs'> => {
    const atMs = between(0.1, 0.2);
    return { atMs, waitForProbeMs: stoppedAtMs + LAST_WAIT_MS - atMs };
  };
  const ofNetworks = (
    [
      { kind: 'optOut', atMs: stoppedAtMs + QUEUED_MS },
      { kind: 'target', atMs: stoppedAtMs + QUEUED_MS },
      { kind: 'optOut', atMs: between(0.2, 0.5) },
      { kind: 'target', atMs: between(0.1, 0.2), ...held() },
    ] as const
  ).slice(0, networks.length);
  return [
    ...ofNetworks.map((planned, i) => ({ subject: networks[i], ...planned })),
    {
      ...{ kind: 'vantagePoint', subject: formatIpv4(random.pick(vantagePoints)), ...early() },
      ...held(),
    },
    { kind: 'spoofing', subject: '', ...early(), ...held() },
    { kind: 'probing', subject: '', atMs: stoppedAtMs, ...held() },
  ];
}

/** The networks with the most pairs, without those of the system's own hosts. */
function busyNetworks({ pairs, hosts }: RestrictionOptions): string[] {
  const networkOf = (address: Ipv4Address): string => formatPrefix(prefixOf(address, LENGTH));
  const counts = new Map<string, number>();
  for (const { dst } of pairs) {
    const network = networkOf(parseIpv4(dst));
    counts.set(network, (counts.get(network) ?? 0) + 1);
  }
  for (const host of hosts) counts.delete(networkOf(host));
  return [...counts]
    .sort(([, many], [, more]) => more - many)
    .slice(0, CANDIDATES)
    .map(([network]) => network);
}
