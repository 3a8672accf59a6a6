import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Hop } from '../path/hop.ts';
import { recordRoutePing } from '../record-route/ping.ts';
import { type RoundDeadline, type RoundState, runRound } from '../timing/round.ts';
import { bestAnswer, type ReadAnswer, readAnswer, withAlternatives } from './record-route-answer.ts';
import { type Extension, type Measurement, notApplicable, nothingFound, type Technique } from './technique.ts';

export interface SpoofedRecordRouteOptions {
  /** Spoofers asked at once, round by round; the last number repeats. */
  readonly roundSizes: readonly number[];
  /** Most spoofers asked for one hop. */
  readonly maxSpoofers: number;
  /** Hops of the last segment tried, latest first. */
  readonly targetsPerSegment: number;
  readonly useHeuristics: boolean;
  /** How long a round may last, given the adaptive timeout (milliseconds). */
  readonly deadline: (state: RoundState, adaptiveMs: number) => number;
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
}

/** Vantage points near a hop send it Record Route pings with the source's address; the answers go to the source. */
export class SpoofedRecordRoute implements Technique {
  readonly name = 'spoofedRecordRoute';
  readonly #options: SpoofedRecordRouteOptions;
  readonly #asked = new Map<Ipv4Address, number>();

  constructor(options: SpoofedRecordRouteOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, clock, silentTargets } = measurement;
    const reasons: string[] = [];
    for (const hop of path.lastSegment.slice(0, this.#options.targetsPerSegment)) {
      if (hop.trust === 'assumed' && hop !== path.last) continue;
      if (!measurement.mayProbe(hop.address) || hop.address === path.source) continue;
      if (silentTargets.isSilent(hop.address, clock.now())) {
        reasons.push(`${formatIpv4(hop.address)} was silent lately`);
        continue;
      }
      const found = await this.#ask(measurement, hop);
      if (found !== undefined) return found;
      reasons.push(`nothing behind ${formatIpv4(hop.address)}`);
    }
    return reasons.length === 0 ? notApplicable('no hop can be probed') : nothingFound(reasons.join('; '));
  }

  /** Asks spoofers in rounds until one shows the way on from `hop`. */
  async #ask(measurement: Measurement, hop: Hop): Promise<Extension | undefined> {
    const { path, ranking, silentTargets, clock } = measurement;
    const most = measurement.options.maxSpoofers ?? this.#options.maxSpoofers;
    const spoofers = ranking
      .rank(hop.address)
      .filter((address) => address !== path.source)
      .slice(0, most);
    let asked = this.#asked.get(hop.address) ?? 0;
    let answered = asked > 0;
    for (let round = 0; asked < spoofers.length; round++) {
      const size = this.#options.roundSizes[Math.min(round, this.#options.roundSizes.length - 1)];
      const senders = spoofers.slice(asked, asked + size);
      asked += senders.length;
      this.#asked.set(hop.address, asked);
      const answers = await this.#runRound(measurement, hop.address, senders);
      answered ||= answers.length > 0;
      const best = bestAnswer(answers);
      if (best !== undefined) {
        const detail = `${best.hops.length} hops from ${formatIpv4(best.sender)}`;
        const hops = withAlternatives(best, answers, measurement.aliases);
        return { outcome: 'extended', from: path.indexOf(hop.address), hops, detail };
      }
      if (!answered) {
        silentTargets.recordSilence(hop.address, clock.now());
        return undefined;
      }
    }
    return undefined;
  }

  async #runRound(
    measurement: Measurement,
    target: Ipv4Address,
    senders: readonly Ipv4Address[],
  ): Promise<ReadAnswer[]> {
    const { path, clock, stats, recordRouteTimeout } = measurement;
    const useHeuristics = measurement.options.useHeuristics ?? this.#options.useHeuristics;
    stats.spoofedRecordRoutePings += senders.length;
    stats.spoofedRecordRouteRounds++;
    const answers: ReadAnswer[] = [];
    const deadline: RoundDeadline = (state) => this.#options.deadline(state, recordRouteTimeout.current);
    const startedAt = clock.now();
    await runRound(
      {
        requests: senders.map((sender) => recordRoutePing(sender, path.source, target, this.#options.timeoutMs)),
        deadline,
        onAnswer: (result) => {
          const answer = readAnswer(measurement, result, useHeuristics);
          if (answer !== undefined) answers.push(answer);
          return answer !== undefined && answer.hops.length > 0;
        },
      },
      measurement,
    );
    stats.spoofedRecordRouteMs += clock.now() - startedAt;
    return answers;
  }
}
