import type { Ipv4Address } from '@revtr/net';
import type { PingRequest, PingResult } from '@revtr/probing';
import type { SimProber, SimulatedInternet } from '@revtr/sim';
import { pingPaced, pingsTo } from './paced.ts';

/** Answers to one Record Route ping from every vantage point to every target. */
export interface RecordRouteSurvey {
  /** One address of each sampled prefix that answers a plain ping. */
  readonly targets: readonly Ipv4Address[];
  /** For each vantage point and target the slot that holds the target's address, from 1; 0 when none does. */
  readonly slots: readonly Uint8Array[];
  /** For each vantage point and target whether the ping was answered. */
  readonly answered: readonly Uint8Array[];
  /** All addresses in the answers. */
  readonly stamps: ReadonlySet<Ipv4Address>;
}

const TIMEOUT_MS = 2_000;
const PLAIN_ATTEMPTS = 3;

/** The answers of all addresses of the hitlist. */
export interface Census {
  readonly ping: ReadonlySet<Ipv4Address>;
  readonly recordRoute: ReadonlySet<Ipv4Address>;
}

const CENSUS_VANTAGE_POINTS = 3;

/** Pings the whole hitlist plainly from the first source, and with Record Route from three vantage points. */
export async function takeCensus(internet: SimulatedInternet, prober: SimProber): Promise<Census> {
  const { places } = internet;
  const answers = async (requests: readonly PingRequest[]): Promise<Ipv4Address[]> => {
    const results = await pingPaced(internet, prober, requests);
    const isAnswered = ({ request, reply }: PingResult): boolean =>
      request.option === undefined ? reply !== undefined : reply?.recordRoute !== undefined;
    return results.filter(isAnswered).map(({ request }) => request.target);
  };
  const senders = places.vantagePoints.slice(0, CENSUS_VANTAGE_POINTS).map(({ address }) => address);
  const pings = (sender: Ipv4Address, hasOption: boolean): PingRequest[] =>
    pingsTo(places.hitlist, { sender, timeoutMs: TIMEOUT_MS, hasOption });
  const plain = await answers([places.sources[0].address, ...senders].flatMap((sender) => pings(sender, false)));
  const ping = new Set(plain);
  const recordRoute = await answers(senders.flatMap((sender) => pings(sender, true)));
  return { ping, recordRoute: new Set(recordRoute.filter((target) => ping.has(target))) };
}

/** Pings targets plainly from the first source, then those that answer with Record Route from every vantage point. */
export async function surveyRecordRoute(
  internet: SimulatedInternet,
  prober: SimProber,
  candidates: readonly Ipv4Address[],
): Promise<RecordRouteSurvey> {
  const { places } = internet;
  const run = (requests: readonly PingRequest[]): Promise<PingResult[]> => pingPaced(internet, prober, requests);
  const responsive = new Set<Ipv4Address>();
  for (let attempt = 0; attempt < PLAIN_ATTEMPTS; attempt++) {
    const open = candidates.filter((target) => !responsive.has(target));
    const pings = pingsTo(open, { sender: places.sources[0].address, timeoutMs: TIMEOUT_MS, hasOption: false });
    for (const { request, reply } of await run(pings)) if (reply !== undefined) responsive.add(request.target);
  }
  const targets = candidates.filter((target) => responsive.has(target));
  const slots: Uint8Array[] = [];
  const answered: Uint8Array[] = [];
  const stamps = new Set<Ipv4Address>();
  for (const { address: sender } of places.vantagePoints) {
    const results = await run(pingsTo(targets, { sender, timeoutMs: TIMEOUT_MS, hasOption: true }));
    slots.push(
      Uint8Array.from(results, ({ request, reply }) => (reply?.recordRoute?.indexOf(request.target) ?? -1) + 1),
    );
    answered.push(Uint8Array.from(results, ({ reply }) => (reply?.recordRoute === undefined ? 0 : 1)));
    for (const { reply } of results) for (const stamp of reply?.recordRoute ?? []) stamps.add(stamp);
  }
  return { targets, slots, answered, stamps };
}
