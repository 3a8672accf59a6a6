import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { OUT_OF_REACH } from '../ranking/ranking.ts';
import type { RoundDeadline } from '../timing/round-deadline.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { askDirectly } from './record-route/direct-round.ts';

/** Options of {@link DirectRecordRoute}. */
export interface RecordRouteOptions {
  /** Whether the turning point of a target that does not stamp is inferred, where the request does not say. */
  readonly useHeuristics: boolean;
  /** How long the answer is listened for, milliseconds. */
  readonly timeoutMs: number;
  /** Whether the measurement goes on when the adaptive timeout has passed. */
  readonly isAdaptive: boolean;
  /** Whether the destination is pinged without options at the same time. */
  readonly pingsDestination: boolean;
  /**
   * Whether the measurement does not wait for the answer when the hop before was silent: this one is then mostly silent as well, which a vantage
   * point has to confirm. An answer that comes meanwhile counts.
   */
  readonly overlapsLikelySilence: boolean;
  /** Whether the probe is skipped when the target is probably out of reach of the source. */
  readonly skipOutOfReach: boolean;
}

/** The source itself sends a Record Route ping to the last hop. */
export class DirectRecordRoute implements Technique {
  readonly name = 'recordRoute';
  readonly #options: RecordRouteOptions;
  readonly #tried: Ipv4Address[] = [];

  constructor(options: RecordRouteOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, clock, silentTargets } = measurement;
    const target = path.last.address;
    if (this.#tried.includes(target)) return notApplicable('tried before');
    if (!measurement.mayProbe(target)) return notApplicable('the last hop cannot be probed');
    if (silentTargets.isSilent(target, path.source, clock.now()))
      return notApplicable('the last hop did not answer recently');
    if (this.#options.skipOutOfReach && isOutOfReach(measurement)) {
      return notApplicable('out of reach of the source');
    }
    this.#tried.push(target);
    if (this.#options.pingsDestination && path.hops.length === 1) measurement.plainPings.start(target);
    const { timeoutMs, isAdaptive } = this.#options;
    const adaptiveMs = measurement.adaptiveTimeout.patienceFor([path.source], target);
    const isSilenceLikely = this.#options.overlapsLikelySilence && followsSilence(measurement);
    if (isSilenceLikely) measurement.targetAnswers.expect(target, clock.now() + adaptiveMs);
    const deadline: RoundDeadline = () => (isSilenceLikely ? 0 : isAdaptive ? adaptiveMs : timeoutMs);
    const useHeuristics = measurement.options.useHeuristics ?? this.#options.useHeuristics;
    const round = { target, deadline, useHeuristics, timeoutMs };
    const { answers, unanswered } = await askDirectly(measurement, round);
    const [answer] = answers;
    if (answer === undefined && unanswered.length === 0)
      return nothingFound(`no ping was sent to ${formatIpv4(target)}`);
    if (answer === undefined) return nothingFound(`${formatIpv4(target)} did not answer`);
    if (answer.hops.length === 0) return nothingFound('the answer shows no reverse hop');
    return { outcome: 'extended', from: path.hops.length - 1, hops: answer.hops, detail: `${answer.hops.length} hops` };
  }
}

/**
 * Whether the source's ping to the last hop has probably no slot left for the way back. Behind an assumption, the forward path tells how far the
 * hop is. Elsewhere only answers of other hosts of its network do: the routers before them are nearer.
 */
function isOutOfReach({ path, ranking }: Measurement): boolean {
  const { address, evidence } = path.last;
  if (evidence.type === 'symmetry' && evidence.links !== undefined) return evidence.links >= OUT_OF_REACH;
  const distance = ranking.expectedDistance(path.source, address);
  return distance !== undefined && distance >= OUT_OF_REACH - 0.5;
}

/** Whether the hop before the last one was asked in this measurement, or recently, and has not answered. */
function followsSilence({ path, targetAnswers, silentTargets, clock }: Measurement): boolean {
  const before = path.hops.at(-2)?.address;
  if (before === undefined || targetAnswers.hasAnswered(before)) return false;
  return targetAnswers.silentSendersOf(before) > 0 || silentTargets.isSilent(before, path.source, clock.now());
}
