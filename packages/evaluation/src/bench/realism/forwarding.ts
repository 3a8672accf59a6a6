import type { Ipv4Address } from '@revtr/net';
import type { Place, SimProber, SimulatedInternet } from '@revtr/sim';
import { mean, median, quantiles, share } from '../../statistics/quantiles.ts';
import { compare, compareWithLeast, type RealismRow } from './figure.ts';
import { pingPaced, pingsTo, SURVEY_RATE } from './paced.ts';

const PAIRS = 2_000;
const RR17 = 'IMC 2017, section 4';
const TIMEOUT_MS = 5_000;
const TARGETS = 100;
const ROUNDS = 4;
const SENDERS = 20;
/** Vantage points of the published comparison of two rates, and the probes that each sends here. */
const LIMITED_SENDERS = 79;
const LIMITED_PROBES = 300;

/** Loss and delay of pings with and without options, and rate limits near vantage points. */
export async function forwardingRows(
  internet: SimulatedInternet,
  prober: SimProber,
  candidates: readonly Ipv4Address[],
): Promise<RealismRow[]> {
  const targets = candidates.filter((_, i) => i % Math.ceil(candidates.length / TARGETS) === 0);
  const plain = await repeat(internet, prober, targets, false);
  const withOption = await repeat(internet, prober, targets, true);
  const slower = [...withOption.rttMs].flatMap(([key, rtts]) => {
    const usual = plain.rttMs.get(key);
    return usual === undefined ? [] : [mean(rtts) / mean(usual) - 1];
  });
  const monitors = new Set(internet.places.vantagePoints.filter(isNearMonitor).map(({ address }) => String(address)));
  const rtt = quantiles(
    [...plain.rttMs].flatMap(([key, rtts]) => (monitors.has(key.split(' ')[0]) ? [median(rtts)] : [])),
  );
  return [
    compare(['single Record Route pings of known responders unanswered', 0.065, 0.025, 'plot'], RR17, withOption.lost),
    compare(['single plain pings of known responders unanswered', 0.01, 0.01, 'memory'], 'none', plain.lost),
    compare(
      ['extra round-trip time of packets with an option', 0.16, 0.1, 'read'],
      'Rossi and Welzl, 2003 and 2004',
      mean(slower),
    ),
    compare(
      ['vantage points that lose a quarter more at 100 packets a second', 8 / LIMITED_SENDERS, 0.07, 'read'],
      RR17,
      await limitedShare(internet, prober, targets),
    ),
    compareWithLeast(
      ['paths through an MPLS tunnel, at least', 0.3, 0.05, 'read'],
      'Donnet et al., CCR 2012',
      tunnelledShare(internet, candidates),
    ),
    ...(
      [
        [0.1, 43, 20],
        [0.5, 165, 35],
        [0.9, 275, 60],
      ] as const
    ).map(([q, ms, tolerance]) =>
      compare(
        [`round-trip time to destinations, ms, quantile ${q}`, ms, tolerance, 'read'],
        'Ark statistics pages, mean of 6 monitors',
        rtt(q),
      ),
    ),
  ];
}

/** Whether a vantage point is where the Ark monitors of the published round-trip times are: in Europe, North America or Japan. */
const isNearMonitor = ({ city }: Place): boolean =>
  city.region === 'EU' || city.region === 'NA' || city.country === 'JP';

/** Share of paths from vantage points with a router inside a tunnel. */
function tunnelledShare(
  { truth, places, topology, clock }: SimulatedInternet,
  targets: readonly Ipv4Address[],
): number {
  const { routers, networks } = topology;
  let tunnelled = 0;
  for (let i = 0; i < PAIRS; i++) {
    const { address } = places.vantagePoints[i % places.vantagePoints.length];
    const path = truth.path(address, targets[i % targets.length], clock.now(), i).routers;
    const networksOf = path.map((router) => routers.network[router]);
    const isInTunnel = (network: number, hop: number): boolean =>
      networks.tunnels[network] > 0 && networksOf[hop - 1] === network && networksOf[hop + 1] === network;
    if (networksOf.some(isInTunnel)) tunnelled++;
  }
  return share(tunnelled, PAIRS);
}

/** Pings every target several times from several vantage points. */
async function repeat(
  internet: SimulatedInternet,
  prober: SimProber,
  targets: readonly Ipv4Address[],
  hasOption: boolean,
): Promise<{ readonly lost: number; readonly rttMs: ReadonlyMap<string, number[]> }> {
  const rttMs = new Map<string, number[]>();
  let unanswered = 0;
  let sent = 0;
  for (const { address: sender } of internet.places.vantagePoints.slice(0, SENDERS)) {
    let known = targets;
    for (let round = 0; round < ROUNDS; round++) {
      const results = await pingPaced(internet, prober, pingsTo(known, { sender, timeoutMs: TIMEOUT_MS, hasOption }));
      const answered = results.filter(({ reply }) => reply !== undefined);
      for (const { request, reply } of answered) {
        const key = `${sender} ${request.target}`;
        rttMs.set(key, [...(rttMs.get(key) ?? []), reply?.rttMs ?? 0]);
      }
      if (round === 0) known = answered.map(({ request }) => request.target);
      else {
        sent += known.length;
        unanswered += known.length - answered.length;
      }
    }
  }
  return { lost: share(unanswered, sent), rttMs };
}

/** Share of vantage points that lose more than a quarter of the answers at 100 packets a second which they get at 10. */
async function limitedShare(
  internet: SimulatedInternet,
  prober: SimProber,
  targets: readonly Ipv4Address[],
): Promise<number> {
  const answersAt = async (sender: Ipv4Address, rate: number): Promise<number> => {
    const requests = pingsTo(targets.slice(0, LIMITED_PROBES), { sender, timeoutMs: TIMEOUT_MS, hasOption: true });
    return (await pingPaced(internet, prober, requests, rate)).filter(({ reply }) => reply !== undefined).length;
  };
  const senders = internet.places.vantagePoints.slice(0, LIMITED_SENDERS);
  let limited = 0;
  for (const { address } of senders) {
    if ((await answersAt(address, 5 * SURVEY_RATE)) < 0.75 * (await answersAt(address, SURVEY_RATE / 2))) limited++;
  }
  return share(limited, senders.length);
}
