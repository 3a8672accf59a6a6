import { ICMP, parsePrefix } from '@revtr/net';
import type { PingReply, PingRequest, PingResult, Prober, TracerouteResult } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { measureRtts } from '../src/hop-rtts.ts';
import {
  AliasSets,
  Atlas,
  collectTails,
  DistanceRanking,
  PrefixOrigins,
  ProbeCache,
  recordRoutePing,
  SharedPings,
  surveyAnswer,
} from '../src/index.ts';
import { RttCache } from '../src/knowledge/rtt-cache.ts';
import { nextHopsToReceivers } from '../src/techniques/record-route/other-receivers.ts';
import { readAnswer } from '../src/techniques/record-route/record-route-answer.ts';
import { pingForTimestamps } from '../src/techniques/timestamps/timestamp-ping.ts';
import { DESTINATION, ip, measurementWith, SOURCE, stillClock } from './support/measurement.ts';

const [FIREWALL, VANTAGE_POINT] = [ip(50), ip(2)];
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.0.0/24'), asn: 5 }]);
/** One router of the destination's network stamps twice, as it would on both sides of a destination that does not stamp. */
const aliases = new AliasSets([[ip(20), ip(21)]]);
const STAMPS = [ip(11), ip(20), ip(21), ip(22)];

/** What a prober reports when a router on the way answers: its error quotes the packet, with the stamps of the way there. */
const errorOf = (icmpType: number): PingReply => ({
  ...{ from: FIREWALL, icmpType, icmpCode: 0, rttMs: 20, ttl: 60, recordRoute: STAMPS },
  timestamps: [{ address: DESTINATION }, { address: ip(11) }],
});
const ERRORS = [ICMP.unreachable, ICMP.timeExceeded, ICMP.parameterProblem].map(
  (type) => [type, errorOf(type)] as const,
);
const ECHO_REPLY: PingReply = { ...errorOf(ICMP.echoReply), from: DESTINATION };

/** Answers every ping with one reply. */
class OneReply implements Prober {
  readonly #reply: PingReply;

  constructor(reply: PingReply) {
    this.#reply = reply;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    return { type: 'ping', request, sentAt: 1_000, reply: this.#reply };
  }

  async traceroute(): Promise<TracerouteResult> {
    throw new Error('none is needed');
  }
}

/** A measurement with one vantage point, in a network where every ping has this reply, and what the ranking was told. */
function network(reply: PingReply) {
  const observed: number[] = [];
  const ranking = new DistanceRanking({ vantagePoints: [VANTAGE_POINT] }, { ipToAs });
  ranking.observe = (_sender, _target, distance) => {
    observed.push(distance);
  };
  const prober = new SharedPings(new OneReply(reply));
  return { measurement: measurementWith(prober, { prober, ipToAs, aliases, ranking }), observed, ranking, prober };
}

const ownPing = recordRoutePing(SOURCE, SOURCE, DESTINATION, 1_000);
const resultOf = (reply: PingReply): PingResult => ({ type: 'ping', request: ownPing, sentAt: 1_000, reply });

describe('an echo reply', () => {
  it('shows hops behind a destination that does not stamp', () => {
    const answer = readAnswer(network(ECHO_REPLY).measurement, resultOf(ECHO_REPLY), 20, true);
    expect(answer?.hops.map(({ address }) => address)).toEqual([ip(21), ip(22), SOURCE]);
  });
});

describe.each(ERRORS)('an ICMP error of type %i in place of an echo reply', (_, error) => {
  it('shows no hop of the reverse path, and teaches nothing', () => {
    const { measurement, observed } = network(error);
    expect(readAnswer(measurement, resultOf(error), 20, true)).toBeUndefined();
    expect(measurement.nextHops.behind(SOURCE, DESTINATION, 1_000).hops).toEqual([]);
    expect(observed).toEqual([]);
  });

  it('is no answer to a survey', () => {
    const { ranking, observed } = network(error);
    expect(surveyAnswer(resultOf(error), ranking, { aliases, ipToAs, useHeuristics: true })).toBe(false);
    expect(observed).toEqual([]);
  });

  it('adds no stamps to an atlas', async () => {
    const quotesHop = { ...error, recordRoute: [DESTINATION, ip(30)] };
    const { ranking, prober } = network(quotesHop);
    const atlas = new Atlas({ aliases, ipToAs });
    const other = ip(40);
    atlas.add({ platform: 'vantagePoint', origin: other, source: SOURCE, at: 0, hops: [other, DESTINATION, SOURCE] });
    const options = { source: SOURCE, spoofersPerHop: 1, concurrency: 1, timeoutMs: 1_000 };
    const facts = { aliases, ipToAs, useHeuristics: false };
    const collaborators = { prober, clock: stillClock, atlas, ranking, facts, mayProbe: () => true };
    expect((await collectTails(options, 1, collaborators)).answered).toBe(0);
  });

  it('shows no route to another receiver', async () => {
    const { measurement } = network({ ...error, recordRoute: [DESTINATION, ip(30)] });
    expect(await nextHopsToReceivers(measurement, DESTINATION, 1_000)).toEqual([]);
  });

  it('is kept by the caches of the original as a silence, for no hop that it quotes', async () => {
    const { prober } = network({ ...error, recordRoute: [DESTINATION, ip(30), ip(31)] });
    const cache = new ProbeCache({ keepMs: 10_000, keepSilenceMs: 1_000, capacity: 9 }, { prober, clock: stillClock });
    await cache.ping(ownPing);
    await cache.ping(recordRoutePing(VANTAGE_POINT, SOURCE, DESTINATION, 1_000));
    const held = [
      ...[ownPing, recordRoutePing(VANTAGE_POINT, SOURCE, DESTINATION, 1_000)],
      ...[recordRoutePing(SOURCE, SOURCE, ip(30), 1_000), recordRoutePing(VANTAGE_POINT, SOURCE, ip(30), 1_000)],
    ].map((request) => cache.holds(request));
    expect(held).toEqual([true, false, false, false]);
  });

  it('has no timestamps, so that a vantage point whose ping it ends proves nothing', async () => {
    const { measurement } = network(error);
    const from = { type: 'vantagePoints', senders: [VANTAGE_POINT] } as const;
    const ping = { target: DESTINATION, slots: [ip(11)], from, timeoutMs: 1_000 };
    expect(await pingForTimestamps(measurement, ping)).toBeUndefined();
  });

  it('has no round-trip time of the hop', async () => {
    const { measurement } = network(error);
    expect(await measureRtts(measurement, new RttCache({ keepMs: 1_000 }))).toEqual(new Map());
  });
});
