import type { Ipv4Address } from '@revtr/net';
import { type PingResult, type Prober, pingAll } from '@revtr/probing';
import { recordRoutePing } from '../record-route/ping.ts';
import { type ReadingFacts, readRecordRoute, recordRouteAnswer } from '../record-route/read-answer.ts';
import { OUT_OF_REACH, type VantagePointRanking } from './ranking.ts';

/** Options of a survey. */
export interface SurveyOptions {
  readonly vantagePoints: readonly Ipv4Address[];
  /** Addresses that are known to answer, ideally in many networks. */
  readonly targets: readonly Ipv4Address[];
  /** Most probes in flight. */
  readonly concurrency: number;
  /** How long to wait for each reply, milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Sends a Record Route ping from every vantage point to every target, and teaches the ranking the distances. Returns how many probes were
 * asked for and how many answers were usable. @throws {ProbingError} `cancelled` when the signal fires
 */
export async function surveyDistances(
  options: SurveyOptions,
  collaborators: { readonly prober: Prober; readonly ranking: VantagePointRanking; readonly facts: ReadingFacts },
): Promise<{ readonly probes: number; readonly answers: number }> {
  const { vantagePoints, targets, concurrency, timeoutMs, signal } = options;
  const requests = targets.flatMap((target) =>
    vantagePoints.map((sender) => recordRoutePing(sender, sender, target, timeoutMs)),
  );
  let answers = 0;
  await pingAll(collaborators.prober, requests, {
    concurrency,
    ...(signal && { signal }),
    onResult: (result) => {
      if (surveyAnswer(result, collaborators.ranking, collaborators.facts)) answers++;
    },
  });
  collaborators.ranking.rankGlobally();
  return { probes: requests.length, answers };
}

/** Teaches the ranking the answer to one survey ping. Returns whether there was an answer. */
export function surveyAnswer(result: PingResult, ranking: VantagePointRanking, facts: ReadingFacts): boolean {
  const answer = recordRouteAnswer(result);
  if (answer === undefined) return false;
  const { request } = result;
  const { turnSlot, isWhole, stamps } = readRecordRoute(answer, facts);
  // Where slots were left and no turning point was found, the target did not stamp: that says nothing of its distance.
  if (turnSlot !== undefined || !isWhole)
    ranking.observe(request.sender, request.target, turnSlot ?? OUT_OF_REACH, stamps);
  return true;
}
