import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { OUT_OF_REACH } from '../ranking/ranking.ts';
import { recordRoutePing } from '../record-route/ping.ts';
import { runConfirmedRound } from '../timing/confirmed-round.ts';
import type { RoundDeadline } from '../timing/round.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { readAnswer } from './record-route/record-route-answer.ts';

/** Options of {@link DirectRecordRoute}. */
export interface RecordRouteOptions {
  /** Whether the turning point of a target that does not stamp is inferred, where the request does not say. */
  readonly useHeuristics: boolean;
  /** Longest wait for the answer, milliseconds. */
  readonly timeoutMs: number;
  /** Whether the wait follows the round-trip times measured. */
  readonly isAdaptive: boolean;
  /** Whether the probe is skipped when earlier answers show that the target is out of reach of the source. */
  readonly skipOutOfReach: boolean;
}

/** The source itself sends a Record Route ping to the last hop. */
export class DirectRecordRoute implements Technique {
  readonly name = 'recordRoute';
  readonly #options: RecordRouteOptions;
  readonly #tried = new Set<Ipv4Address>();

  constructor(options: RecordRouteOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, clock, ranking, silentTargets, stats } = measurement;
    const target = path.last.address;
    if (this.#tried.has(target)) return notApplicable('tried before');
    if (!measurement.mayProbe(target)) return notApplicable('the last hop cannot be probed');
    if (silentTargets.isSilent(target, clock.now())) return notApplicable('the last hop did not answer recently');
    const distance = ranking.expectedDistance(path.source, target);
    if (this.#options.skipOutOfReach && distance !== undefined && distance >= OUT_OF_REACH - 0.5) {
      return notApplicable('out of reach of the source');
    }
    this.#tried.add(target);
    const { timeoutMs, isAdaptive } = this.#options;
    const deadline: RoundDeadline = () => (isAdaptive ? measurement.recordRouteTimeout.current : timeoutMs);
    const request = recordRoutePing(path.source, path.source, target, timeoutMs);
    const onSend = (): void => {
      stats.recordRoutePings += measurement.prober.fresh([request]);
      stats.recordRouteRounds++;
    };
    const startedAt = clock.now();
    const round = { source: path.source, requests: [request], deadline, onSend };
    const { answers, silent } = await runConfirmedRound(round, measurement);
    const [result] = answers;
    stats.recordRouteMs += clock.now() - startedAt;
    const useHeuristics = measurement.options.useHeuristics ?? this.#options.useHeuristics;
    const answer = result && readAnswer(measurement, result, useHeuristics);
    if (result === undefined && silent.length === 0) return nothingFound(`no ping was sent to ${formatIpv4(target)}`);
    if (answer === undefined) return nothingFound(`${formatIpv4(target)} did not answer`);
    if (answer.hops.length === 0) return nothingFound('the answer shows no reverse hop');
    return { outcome: 'extended', from: path.hops.length - 1, hops: answer.hops, detail: `${answer.hops.length} hops` };
  }
}
