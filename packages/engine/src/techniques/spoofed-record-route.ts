import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { isHeldBack } from '@revtr/probing';
import { type FailReason, heldBackReason } from '../measurement/fail-reason.ts';
import { withAlternative } from '../path/alternatives.ts';
import type { Hop } from '../path/hop.ts';
import { asInferred } from '../path/trust.ts';
import type { RankedVantagePoint } from '../ranking/ranking.ts';
import type { RoundState } from '../timing/round-deadline.ts';
import type { Measurement } from './contract/measurement.ts';
import type { ReadAnswer } from './contract/target-answers.ts';
import { type Extended, type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { bestAnswer, withAlternatives } from './record-route/best-answer.ts';
import type { RoundAnswers } from './record-route/listening-round.ts';
import { nextHopsToReceivers } from './record-route/other-receivers.ts';
import { askSpoofed } from './record-route/spoofed-round.ts';
import { idleFirst, type RoundSizes, roundSize } from './record-route/spoofer-choice.ts';

/** Options of {@link SpoofedRecordRoute}. */
export interface SpoofedRecordRouteOptions {
  /** How many spoofers each round asks at once. */
  readonly rounds: RoundSizes;
  /** Maximum number of spoofers asked for one hop. */
  readonly maxSpoofers: number;
  /** Answers without a reverse hop after which the other vantage points of the same ingress are skipped. */
  readonly failuresPerIngress: number;
  /** Whether, of vantage points at about the same distance, the one with the fewest pings in flight is asked first. */
  readonly prefersIdleSpoofers: boolean;
  /** Whether the ranking learns which vantage points get no answer from a target that answers others. */
  readonly learnsSilences: boolean;
  /**
   * Whether an answer that contradicts a measured hop of the path is confirmed at the hop before: packets of a hop may take another path
   * than packets that only pass it.
   */
  readonly confirmsContradictions: boolean;
  /**
   * Whether the destination, and hops that did not answer the first vantage point, are pinged without options at the same time: the reply tells
   * how far they are, which a forward traceroute needs, and how long the way back is for ordinary packets.
   */
  readonly pingsTargets: boolean;
  /**
   * Assumed hops in a row after which one vantage point is asked that does not reach the destination's network: the last of these hops is so
   * many links nearer. Default: never.
   */
  readonly climbBeforeRetry?: number;
  /** Hops of the last segment tried, latest first. */
  readonly targetsPerSegment: number;
  /** Whether the turning point of a target that does not stamp is inferred, where the request does not say. */
  readonly useHeuristics: boolean;
  /** How long a round may last, milliseconds, given its state and the adaptive timeout (milliseconds). */
  readonly deadline: (state: RoundState, adaptiveMs: number) => number;
  /** How long an answer is listened for, milliseconds. */
  readonly timeoutMs: number;
  /**
   * Called when it is unlikely that a hop will show what is behind it, so that the techniques that come next can start before this one has
   * ended. Default: they do not.
   */
  readonly onUnlikely?: (measurement: Measurement, target: Ipv4Address) => void;
}

/** Other receivers to which a hop must send packets the same way before that counts. */
const LEAST_RECEIVERS = 2;

/** Probability that one of the vantage points is within reach, below which success is unlikely. */
const UNLIKELY = 0.4;

/** Senders without an answer after which a hop is not asked again in this measurement: the silence of one alone may be its own. */
const SILENT_SENDERS = 2;

const areUnlikely = (spoofers: readonly RankedVantagePoint[]): boolean =>
  spoofers.every(({ chance }) => chance < UNLIKELY);

/** Vantage points near a hop send Record Route pings to it with the address of the source. The replies go to the source. */
export class SpoofedRecordRoute implements Technique {
  readonly name = 'spoofedRecordRoute';
  readonly #options: SpoofedRecordRouteOptions;
  readonly #asked = new Map<Ipv4Address, Set<Ipv4Address>>();

  constructor(options: SpoofedRecordRouteOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, clock, silentTargets } = measurement;
    const reasons: string[] = [];
    let detour: Extended | undefined;
    let heldBack: FailReason | undefined;
    // After a contradiction one more hop is asked, because packets that pass a hop may take another path than its own packets.
    const most = (): number => this.#options.targetsPerSegment + (detour === undefined ? 0 : 1);
    for (const [i, hop] of path.lastSegment.entries()) {
      if (i >= most()) break;
      if (hop.trust === 'assumed' && hop !== path.last) continue;
      if (!measurement.mayProbe(hop.address) || hop.address === path.source) continue;
      if (silentTargets.isSilent(hop.address, path.source, clock.now())) {
        this.#options.onUnlikely?.(measurement, hop.address);
        reasons.push(`${formatIpv4(hop.address)} did not answer recently`);
        continue;
      }
      const ask = (): Promise<Extended | undefined> =>
        this.#ask(measurement, hop).catch((error: unknown) => {
          if (!isHeldBack(error)) throw error;
          heldBack ??= heldBackReason(error, hop.address);
          return undefined;
        });
      const found = await ask();
      if (found !== undefined) {
        if (!this.#options.confirmsContradictions || !contradicts(measurement, found)) return found;
        // Pings of another sender belong to another flow: if they see the known hop, the router balances load.
        const again = await ask();
        if (again !== undefined && !contradicts(measurement, again)) return asBranchOf(again, found);
        detour ??= await this.#asDetour(measurement, hop, found);
      }
      reasons.push(`nothing behind ${formatIpv4(hop.address)}`);
    }
    if (detour !== undefined) return detour;
    if (heldBack !== undefined) return nothingFound(heldBack.message, heldBack);
    return reasons.length === 0 ? notApplicable('no hop can be probed') : nothingFound(reasons.join('; '));
  }

  /** Asks spoofers in rounds until one shows the hops that follow `hop`. */
  async #ask(measurement: Measurement, hop: Hop): Promise<Extended | undefined> {
    const { path, targetAnswers, plainPings } = measurement;
    const most = measurement.options.maxSpoofers ?? this.#options.maxSpoofers;
    const asked = this.#asked.get(hop.address) ?? new Set();
    this.#asked.set(hop.address, asked);
    const failures = new Map<Ipv4Address, number>();
    const hasFailed = ({ ingress }: RankedVantagePoint): boolean =>
      ingress !== undefined && (failures.get(ingress) ?? 0) >= this.#options.failuresPerIngress;
    const spoofers = this.#spoofersFor(measurement, hop).filter(
      ({ address }) => address !== path.source && !asked.has(address),
    );
    for (let round = 0; ; ) {
      const late = this.#toExtension(measurement, hop, targetAnswers.lateAnswersOf(hop.address));
      if (late !== undefined) return late;
      const waiting = targetAnswers.silentSendersOf(hop.address);
      if (waiting >= SILENT_SENDERS) return undefined;
      const chosen = this.#choose(
        measurement,
        spoofers.filter((spoofer) => !asked.has(spoofer.address) && !hasFailed(spoofer)),
        { round, waiting, most: most - asked.size },
      );
      if (round > 0 || waiting > 0 || areUnlikely(chosen)) this.#options.onUnlikely?.(measurement, hop.address);
      if (chosen.length === 0) return undefined;
      if (this.#options.pingsTargets && (waiting > 0 || path.hops.length === 1)) plainPings.start(hop.address);
      for (const { address } of chosen) asked.add(address);
      const shown = await this.#runRound(measurement, hop.address, chosen);
      const { answers } = shown;
      const found = this.#toExtension(measurement, hop, [...answers, ...targetAnswers.lateAnswersOf(hop.address)]);
      if (found !== undefined) return found;
      countFailures(failures, chosen, answers);
      round += roundsIn(shown);
    }
  }

  /** Chooses the spoofers of a round. `waiting`: senders whose answer is still missing; `most`: how many may be asked. */
  #choose(
    { prober }: Measurement,
    left: readonly RankedVantagePoint[],
    { round, waiting, most }: Readonly<Record<'round' | 'waiting' | 'most', number>>,
  ): readonly RankedVantagePoint[] {
    const sorted = this.#options.prefersIdleSpoofers ? idleFirst(left, prober) : left;
    // One other sender is enough to confirm a silence.
    const size = waiting > 0 ? 1 : roundSize(this.#options.rounds, round, sorted);
    return sorted.slice(0, Math.min(most, size));
  }

  /** What packets of a hop show against what is known, after the hop was asked how its packets go to other receivers. */
  async #asDetour(measurement: Measurement, hop: Hop, found: Extended): Promise<Extended> {
    const others = await nextHopsToReceivers(measurement, hop.address, this.#options.timeoutMs);
    const isOneForAll =
      others.length >= LEAST_RECEIVERS &&
      others.every((next) => measurement.aliases.sameRouter(next, found.hops[0].address));
    const isRight = isOneForAll ? DETOUR_IS_RIGHT.ifOneForAll : DETOUR_IS_RIGHT.usually;
    return asDoubtful(found, measurement.path.hops[found.from + 1], isRight);
  }

  #spoofersFor({ path, ranking }: Measurement, hop: Hop): readonly RankedVantagePoint[] {
    const ranked = ranking.rank(hop.address);
    const climbed = path.hops.length - 1 - path.hops.findLastIndex(({ trust }) => trust !== 'assumed');
    const { climbBeforeRetry = Number.POSITIVE_INFINITY } = this.#options;
    if (hop !== path.last || climbed < climbBeforeRetry || ranked.some(isKnown)) return ranked;
    // Vantage points of which nothing is known were asked at the hops before.
    return ranking.rank(hop.address, climbed).filter(isKnown).slice(0, 1);
  }

  #toExtension({ path, aliases }: Measurement, hop: Hop, answers: readonly ReadAnswer[]): Extended | undefined {
    const best = bestAnswer(answers);
    if (best === undefined) return undefined;
    const detail = `${best.hops.length} hops from ${formatIpv4(best.sender)}`;
    const hops = withAlternatives(best, answers, aliases);
    return { outcome: 'extended', from: path.indexOf(hop.address), hops, detail };
  }

  #runRound(
    measurement: Measurement,
    target: Ipv4Address,
    chosen: readonly RankedVantagePoint[],
  ): Promise<RoundAnswers> {
    const { adaptiveTimeout, ranking, targetAnswers } = measurement;
    const senders = chosen.map(({ address }) => address);
    measurement.onActivity?.({ technique: this.name, hop: target, vantagePoints: senders.length });
    const adaptiveMs = adaptiveTimeout.patienceFor(senders, target);
    return askSpoofed(measurement, {
      target,
      senders,
      timeoutMs: this.#options.timeoutMs,
      deadline: (round) => this.#options.deadline(round, adaptiveMs),
      useHeuristics: measurement.options.useHeuristics ?? this.#options.useHeuristics,
      // Packets of a spoofer without an answer are filtered on the path if the target answers others.
      onSilence: (sender) => {
        if (this.#options.learnsSilences && targetAnswers.hasAnswered(target)) ranking.observeSilence(sender, target);
      },
    });
  }
}

const isKnown = ({ level }: RankedVantagePoint): boolean => level !== 'unknown';

/**
 * Probability that a hop's own packets show the way of packets which another router than expected has followed on that hop: in general, and
 * where its own packets take the same way to whatever receiver. By judgement: the simulator has too few such hops.
 */
const DETOUR_IS_RIGHT = { usually: 0.85, ifOneForAll: 0.5 };

/** What packets of a hop show, with probability `isRight`, although packets of the destination are known to go another way. */
function asDoubtful(found: Extended, known: Hop, isRight: number): Extended {
  const hops = found.hops.map((hop, i): Hop => {
    const doubtful = asInferred(hop);
    if (i > 0) return doubtful;
    const confidence = hop.confidence * isRight;
    return { ...withAlternative(doubtful, known.address), confidence, divergence: 'notDestinationBased' };
  });
  return { ...found, hops };
}

/** What the second of two answers of a hop shows, with the first hop of the other one as the other branch of a load balancer. */
function asBranchOf(found: Extended, other: Extended): Extended {
  const hops = found.hops.map((hop, i): Hop => {
    if (i > 0) return hop;
    return { ...withAlternative(hop, other.hops[0].address), divergence: 'loadBalancing' };
  });
  return { ...found, hops };
}

/** 0 for a round whose vantage points all were stopped or offline: it has shown nothing, and the next ones are chosen in its place. */
const roundsIn = ({ answers, unanswered, heldBack }: RoundAnswers): number =>
  answers.length + unanswered.length + heldBack.length > 0 ? 1 : 0;

/** Counts, for each ingress, the answers that showed no reverse hop. */
function countFailures(
  failures: Map<Ipv4Address, number>,
  chosen: readonly RankedVantagePoint[],
  answers: readonly ReadAnswer[],
): void {
  for (const { sender } of answers) {
    const ingress = chosen.find(({ address }) => address === sender)?.ingress;
    if (ingress !== undefined) failures.set(ingress, (failures.get(ingress) ?? 0) + 1);
  }
}

/**
 * Whether an answer leads another way than the path is known to go behind the hop that was asked: packets of the hop itself then do not go where
 * packets of the destination went.
 */
function contradicts({ path, aliases }: Measurement, found: Extended): boolean {
  const known = path.hops[found.from + 1];
  if (known === undefined || aliases.routerKey(known.address) === undefined) return false;
  return known.trust === 'measured' && !found.hops.some(({ address }) => aliases.sameRouter(address, known.address));
}
