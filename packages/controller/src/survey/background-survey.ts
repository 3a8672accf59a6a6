import type { ReadingFacts } from '@revtr/engine';
import { recordRoutePing, surveyAnswer, type VantagePointRanking } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { type Clock, inParallel, type Prober, ProbingError, PseudoRandomOrder } from '@revtr/probing';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';
import { probingFor } from '../safety/probe-context.ts';

export interface BackgroundSurveyOptions {
  /** Record Route pings in an hour, all vantage points together. 0 for none. */
  readonly probesPerHour: number;
  /** How often to send a few, milliseconds. */
  readonly pollMs: number;
  /** Chooses the order of the pairs of vantage point and target. */
  readonly seed: number;
}

export interface BackgroundSurveyCollaborators {
  readonly prober: Prober;
  readonly ranking: VantagePointRanking;
  readonly facts: ReadingFacts;
  /** Addresses that are known to answer; best two or more of each prefix. */
  readonly targets: () => readonly Ipv4Address[];
  readonly vantagePoints: () => readonly Ipv4Address[];
  readonly mayProbe: (address: Ipv4Address) => boolean;
  /** Whether probes can be recorded, without which none is sent. */
  readonly canRecord: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

const CONCURRENCY = 20;
const TIMEOUT_MS = 2_000;

/**
 * Sends Record Route pings from every vantage point to a hitlist, slowly and in pseudo-random order. The ranking learns about prefixes
 * that no measurement has probed. The survey starts over at the end of the list, which keeps the ranking up to date.
 */
export class BackgroundSurvey {
  readonly #options: BackgroundSurveyOptions;
  readonly #collaborators: BackgroundSurveyCollaborators;
  readonly #surveying: Periodic;
  #place = 0;
  #owed = 0;

  constructor(options: BackgroundSurveyOptions, collaborators: BackgroundSurveyCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#surveying = new Periodic(
      { everyMs: options.pollMs },
      {
        clock,
        work: async (signal) => {
          await probingFor({ type: 'survey' }, () => this.step(signal));
        },
        onError: (error) => log.error({ err: error }, 'a step of the background survey failed'),
      },
    );
  }

  start(): void {
    if (this.#options.probesPerHour > 0) this.#surveying.start();
  }

  async stop(): Promise<void> {
    await this.#surveying.stop();
  }

  /** Sends what is due since the last step. Returns how many pings were sent. */
  async step(signal?: AbortSignal): Promise<number> {
    const { prober, ranking, facts, mayProbe, canRecord, log } = this.#collaborators;
    // The pairs that are next would be left out for a round.
    if (!canRecord()) return 0;
    const { probesPerHour, pollMs, seed } = this.#options;
    const [targets, vantagePoints] = [this.#collaborators.targets(), this.#collaborators.vantagePoints()];
    const pairs = targets.length * vantagePoints.length;
    this.#owed += (probesPerHour * pollMs) / 3_600_000;
    const due = Math.min(Math.floor(this.#owed), pairs);
    this.#owed -= Math.floor(this.#owed);
    if (due === 0) return 0;
    const order = new PseudoRandomOrder({ count: pairs, seed });
    let sent = 0;
    const first = this.#place;
    let done = due;
    await inParallel(due, CONCURRENCY, async (i) => {
      const pair = order.at(first + i);
      const target = targets[Math.floor(pair / vantagePoints.length)];
      const sender = vantagePoints[pair % vantagePoints.length];
      if (!mayProbe(target)) return;
      sent++;
      try {
        const result = await prober.ping(recordRoutePing(sender, sender, target, TIMEOUT_MS), signal);
        surveyAnswer(result, ranking, facts);
      } catch (error) {
        // The next step begins with the first probe that could not be recorded.
        if (error instanceof ProbingError && error.code === 'auditUnavailable') done = Math.min(done, i);
        // An agent may disconnect at any time.
        if (!(error instanceof ProbingError)) log.error({ err: error }, 'a survey ping failed unexpectedly');
      }
    });
    this.#place = (first + done) % pairs;
    if (this.#place < first) ranking.rankGlobally();
    return sent;
  }
}
