import { z } from 'zod';
import { PATH_FAILURES } from '../../measurements/path-failures.ts';
import type { StoredResult } from '../../measurements/stored-result.ts';

/** How the router of a place was seen: stamped by itself, in a reply to a traceroute, through a neighbour of the destination, or as an end. */
const VIEWS = ['stamp', 'reply', 'neighbour', 'end'] as const;

/** Most places of a path, and most addresses of a place. */
export const MOST_PLACES = 64;
export const MOST_ADDRESSES = 16;

/** A place on a path. */
export const placeSchema = z.object({
  /** Addresses of the routers seen there; more than one where the router before balances load. Dotted quads. */
  addresses: z.array(z.string()).min(1).max(MOST_ADDRESSES),
  asn: z.int().optional(),
  view: z.enum(VIEWS),
  /** Of a known path: the share of recent runs that showed the place. Default 1. */
  visibility: z.number().optional(),
});
export type Place = z.infer<typeof placeSchema>;

export const REACHES = ['reached', 'throughNeighbour', 'notReached'] as const;
/** Whether the path reached the source: from the destination, from a neighbour that was measured in its place, or not at all. */
export type Reach = (typeof REACHES)[number];

/** What one run shows, reduced to what runs are compared by. */
export const observationSchema = z.object({
  /** Number of the run. */
  run: z.int(),
  /** Milliseconds since the Unix epoch. */
  at: z.number(),
  reach: z.enum(REACHES),
  /** The neighbour that was measured in place of the destination. */
  through: z.string().optional(),
  /** Round-trip time from the source to the destination, milliseconds. */
  rttMs: z.number().optional(),
  /** From the destination to the source, without hops that are assumed or from the path of another host, and without addresses that identify no router. */
  places: z.array(placeSchema).max(MOST_PLACES),
});
export type Observation = z.infer<typeof observationSchema>;

/**
 * What a result shows; the code of the failure when it shows nothing about the path.
 * @param identifiesRouter whether an address belongs to one router only: a private one does not
 */
export function observe(
  result: StoredResult,
  {
    run,
    source,
    identifiesRouter,
  }: { readonly run: number; readonly source: string; readonly identifiesRouter: (address: string) => boolean },
): Observation | { readonly noFinding: string } {
  const { stopReason, failReason, measuredThrough, hops, endedAt } = result;
  if (stopReason === 'cancelled') return { noFinding: 'cancelled' };
  if (stopReason === 'failed' && !PATH_FAILURES.has(failReason?.code ?? ''))
    return { noFinding: failReason?.code ?? 'failed' };
  const reached: Reach = measuredThrough === undefined ? 'reached' : 'throughNeighbour';
  const rttMs = measuredThrough === undefined ? hops[0]?.rttMs : undefined;
  return {
    run,
    at: endedAt,
    reach: stopReason === 'failed' ? 'notReached' : reached,
    ...(measuredThrough && { through: measuredThrough.address }),
    ...(rttMs !== undefined && { rttMs }),
    places: hops.flatMap((hop) => placeOf(hop, source, identifiesRouter)).slice(0, MOST_PLACES),
  };
}

function placeOf(
  { address, technique, trust, asn, alternatives = [] }: StoredResult['hops'][number],
  source: string,
  identifiesRouter: (address: string) => boolean,
): Place[] {
  const view = address === source ? 'end' : VIEW_OF[technique];
  if (view === undefined || (trust === 'assumed' && view !== 'neighbour' && view !== 'end')) return [];
  const addresses = [address, ...alternatives].filter(identifiesRouter).slice(0, MOST_ADDRESSES);
  if (addresses[0] !== address) return [];
  return [{ addresses, view, ...(asn !== undefined && { asn }) }];
}

const VIEW_OF: Readonly<Record<StoredResult['hops'][number]['technique'], Place['view'] | undefined>> = {
  destination: 'end',
  atlas: 'reply',
  atlasBetween: 'stamp',
  recordRoute: 'stamp',
  spoofedRecordRoute: 'stamp',
  timestamp: 'stamp',
  spoofedTimestamp: 'stamp',
  timestampDoubleStamp: 'stamp',
  standInSubnet: 'neighbour',
  standInPrefix: 'neighbour',
  standInNetwork: 'neighbour',
  networkPath: undefined,
  assumedIntradomain: undefined,
  assumedInterdomain: undefined,
};
