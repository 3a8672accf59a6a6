import { echoReplyOf, type PingResult } from '@revtr/probing';
import { CONFIDENCE } from '../../path/confidence.ts';
import type { Hop } from '../../path/hop.ts';
import { OUT_OF_REACH } from '../../ranking/ranking.ts';
import { type RecordRouteReading, readRecordRoute, recordRouteAnswer } from '../../record-route/read-answer.ts';
import { hopsTravelled } from '../../timing/plain-pings.ts';
import type { Measurement } from '../contract/measurement.ts';
import type { ReadAnswer } from '../contract/target-answers.ts';

/**
 * Reads the answer to a Record Route ping, and updates the adaptive timeout, the ranking, the silent targets and the next hops. `undefined`
 * when the answer is without the option, or is an ICMP error.
 *
 * @param waitedMs how long the answer was waited for, milliseconds: the round-trip time and what sending and reporting took
 */
export function readAnswer(
  measurement: Measurement,
  result: PingResult,
  waitedMs: number,
  useHeuristics: boolean,
): ReadAnswer | undefined {
  const { path, aliases, ipToAs, ranking, nextHops, silentTargets, adaptiveTimeout, atlas, clock } = measurement;
  const { request, sentAt } = result;
  const reply = echoReplyOf(result);
  const answer = recordRouteAnswer(result);
  if (reply === undefined || answer === undefined) return undefined;
  // An answer that came before its wait began does not say how long it took.
  if (waitedMs > 0) adaptiveTimeout.observe(request.sender, request.target, waitedMs);
  silentTargets.recordAnswer(request.target, path.source, clock.now());
  const { doubleStampers } = atlas;
  const reading = readRecordRoute(answer, { aliases, ipToAs, useHeuristics, doubleStampers });
  doubleStampers.learn(reading.stamps, reading.own, ipToAs.originOf(request.target));
  if (reading.turn === 'doubleStamp' && reading.turnSlot !== undefined)
    atlas.evidence.add(request.target, answer.stamps[reading.turnSlot - 1], 'doubleStamp', sentAt);
  // With free slots and no turning point the target did not stamp, so the answer says nothing about its distance.
  if (reading.turnSlot !== undefined || !reading.isWhole)
    ranking.observe(request.sender, request.target, reading.turnSlot ?? OUT_OF_REACH, reading.stamps);
  const hops = toHops(measurement, result, reading);
  const distance = hopsTravelled(reply.ttl);
  if (reading.turn === 'stamp' || reading.turn === 'alias') {
    const stamps = reading.hops.map(({ address }) => address);
    atlas.compare(path.source, { target: request.target, stamps, distance, at: sentAt });
  }
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
  return { sender: request.sender, target: request.target, distance, hops, reading };
}

function toHops({ path }: Measurement, { request, sentAt }: PingResult, reading: RecordRouteReading): Hop[] {
  const { turn } = reading;
  if (turn === undefined) return [];
  const isSpoofed = request.spoof !== undefined;
  const common = { target: request.target, sender: request.sender, at: sentAt };
  const hops = reading.hops
    .filter(({ address }) => address !== path.source)
    .map(
      ({ address, slot }, i): Hop => ({
        address,
        technique: isSpoofed ? 'spoofedRecordRoute' : 'recordRoute',
        trust: turn === 'stamp' || turn === 'alias' ? 'measured' : 'inferred',
        confidence: CONFIDENCE.recordRoute[turn][i === 0 ? 'first' : 'further'],
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
