import type { Ipv4Address } from '@revtr/net';
import type { PingResult } from '@revtr/probing';
import type { Aliases } from '../facts/aliases.ts';
import { CONFIDENCE } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import { OUT_OF_REACH } from '../ranking/ranking.ts';
import { recordRoutePing } from '../record-route/ping.ts';
import { type RecordRouteReading, readRecordRoute } from '../record-route/read-answer.ts';
import { type RoundDeadline, runRound } from '../timing/round.ts';
import type { Measurement } from './technique.ts';

/** An answered Record Route ping, read. */
export interface ReadAnswer {
  readonly sender: Ipv4Address;
  readonly hops: readonly Hop[];
  readonly reading: RecordRouteReading;
}

/**
 * Reads an answer to a Record Route ping, and teaches timeout, ranking, and known paths what it says. `undefined` when
 * there was no answer.
 */
export function readAnswer(
  measurement: Measurement,
  result: PingResult,
  useHeuristics: boolean,
): ReadAnswer | undefined {
  const { path, aliases, ipToAs, ranking, nextHops, silentTargets, recordRouteTimeout, atlas } = measurement;
  const { request, reply, sentAt } = result;
  if (reply?.recordRoute === undefined) return undefined;
  recordRouteTimeout.observe(reply.rttMs);
  silentTargets.recordAnswer(request.target);
  const reading = readRecordRoute(request.target, reply.recordRoute, { aliases, ipToAs, useHeuristics });
  if (reading.turn === 'doubleStamp' && reading.turnSlot !== undefined)
    atlas.evidence.add(request.target, reply.recordRoute[reading.turnSlot - 1], 'doubleStamp', sentAt);
  // Where slots were left and no turning point was found, the target did not stamp: that says nothing of its distance.
  if (reading.turnSlot !== undefined || !reading.isWhole)
    ranking.observe(request.sender, request.target, reading.turnSlot ?? OUT_OF_REACH, reply.recordRoute);
  const hops = toHops(measurement, result, reading);
  if (hops.length > 0) {
    const target: Hop = {
      address: request.target,
      technique: 'destination',
      trust: 'measured',
      confidence: 1,
      evidence: { type: 'destination' },
    };
    nextHops.learn(path.source, [target, ...hops], sentAt);
  }
  return { sender: request.sender, hops, reading };
}

/** Spoofed Record Route pings of one round. */
export interface SpoofedRound {
  readonly target: Ipv4Address;
  readonly senders: readonly Ipv4Address[];
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
  readonly deadline: RoundDeadline;
  readonly useHeuristics: boolean;
}

/** Sends a round of spoofed Record Route pings, and reads the answers that come before its deadline. */
export async function askSpoofed(measurement: Measurement, round: SpoofedRound): Promise<ReadAnswer[]> {
  const { path, prober, stats } = measurement;
  const { target, senders, timeoutMs, deadline, useHeuristics } = round;
  const requests = senders.map((sender) => recordRoutePing(sender, path.source, target, timeoutMs));
  stats.spoofedRecordRoutePings += prober.fresh(requests);
  stats.spoofedRecordRouteRounds++;
  const answers: ReadAnswer[] = [];
  const onAnswer = (result: PingResult): boolean => {
    const answer = readAnswer(measurement, result, useHeuristics);
    if (answer !== undefined) answers.push(answer);
    return answer !== undefined && answer.hops.length > 0;
  };
  await runRound({ requests, deadline, onAnswer }, measurement);
  return answers;
}

function toHops({ path }: Measurement, { request, sentAt }: PingResult, reading: RecordRouteReading): Hop[] {
  const { turn } = reading;
  if (turn === undefined) return [];
  const isSpoofed = request.spoof !== undefined;
  const common = { target: request.target, sender: request.sender, at: sentAt };
  const hops = reading.hops
    .filter(({ address }) => address !== path.source)
    .map(
      ({ address, slot }): Hop => ({
        address,
        technique: isSpoofed ? 'spoofedRecordRoute' : 'recordRoute',
        trust: turn === 'stamp' || turn === 'alias' ? 'measured' : 'inferred',
        confidence: CONFIDENCE.recordRoute[turn],
        evidence: { type: 'recordRoute', slot, turn, ...common },
      }),
    );
  if (!reading.isWhole) return hops;
  const arrival: Hop = {
    address: path.source,
    technique: isSpoofed ? 'spoofedRecordRoute' : 'recordRoute',
    trust: 'measured',
    confidence: CONFIDENCE.source,
    evidence: { type: 'unfilledRecordRoute', ...common },
  };
  return [...hops, arrival];
}

/**
 * The hops of `best`, each with what the other answers of the round saw in its place: another router behind the same one,
 * which is nowhere else on the path.
 */
export function withAlternatives(best: ReadAnswer, answers: readonly ReadAnswer[], aliases: Aliases): Hop[] {
  const keysOf = ({ hops }: ReadAnswer): number[] => hops.map(({ address }) => aliases.routerKey(address));
  const own = keysOf(best);
  const others = answers
    .filter((answer) => answer !== best)
    .map((answer) => ({ sender: answer.sender, hops: answer.hops, keys: keysOf(answer) }));
  return best.hops.map((hop, i) => {
    const alternatives = new Set<Ipv4Address>();
    const confirmedBy: Ipv4Address[] = [];
    for (const { sender, hops, keys } of others) {
      if (keys.includes(own[i])) confirmedBy.push(sender);
      const place = i === 0 ? 0 : keys.indexOf(own[i - 1]) + 1;
      const isComparable = place < keys.length && (i === 0 || place > 0);
      if (isComparable && !own.includes(keys[place])) alternatives.add(hops[place].address);
    }
    return {
      ...hop,
      ...(alternatives.size > 0 && { alternatives: [...alternatives], divergence: 'loadBalancing' as const }),
      ...(confirmedBy.length > 0 && { confirmedBy }),
    };
  });
}

/** The answer that leads furthest: one that comes to the source, else the one with most hops. */
export function bestAnswer(answers: readonly ReadAnswer[]): ReadAnswer | undefined {
  const worth = ({ reading, hops }: ReadAnswer): number =>
    hops.length === 0 ? 0 : hops.length + (reading.isWhole ? 100 : 0);
  return answers.reduce<ReadAnswer | undefined>(
    (best, answer) => (worth(answer) > (best === undefined ? 0 : worth(best)) ? answer : best),
    undefined,
  );
}
