import { formatIpv4 } from '@revtr/net';
import { ProbingError } from '@revtr/probing';
import type { Measurement } from '../techniques/contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from '../techniques/contract/technique.ts';
import { bestAnswer, withAlternatives } from '../techniques/record-route/best-answer.ts';
import { askSpoofed } from '../techniques/record-route/spoofed-round.ts';
import { firstOtherWay, optionsTakeAnotherWay } from './distances.ts';

/** Options of {@link SecondLook}. */
export interface SecondLookOptions {
  /** Most vantage points that are asked. */
  readonly spoofers: number;
  /** How long an answer is listened for, milliseconds. */
  readonly timeoutMs: number;
}

/** Probability that a vantage point is within reach of the hop, below which it is not asked. */
const LEAST_CHANCE = 0.3;
/** Further pings without options, one after another, that may show that a router balances load. */
const MOST_PLAIN_PINGS = 6;

/**
 * Looks again at a complete path that is longer than the way of the packets of one of its hops: vantage points whose pings leave more slots than
 * the answers so far ask that hop. If its own packets pass a router that is not on the path, the path follows them. Routers that look at more
 * than the destination address of a packet are found in this way, such as policies by source address.
 *
 * Where packets with options seem to take another way than others, it first pings the destination again without options: if these pings cross different numbers of
 * links, a router balances load.
 */
export class SecondLook implements Technique {
  readonly name = 'spoofedRecordRoute';
  readonly #options: SecondLookOptions;

  constructor(options: SecondLookOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, aliases, ranking, targetAnswers, adaptiveTimeout } = measurement;
    await lookForBalancing(measurement);
    const other = firstOtherWay(measurement);
    if (other === undefined || other.mayBeNone) return notApplicable('the path is as long as the way of its packets');
    const target = path.hops[other.of].address;
    const answers = targetAnswers.answersOf(target);
    if (answers.length === 0 || !measurement.mayProbe(target)) return notApplicable('the hop answers no options');
    const slots = Math.min(...answers.map(({ reading }) => reading.turnSlot ?? Number.POSITIVE_INFINITY));
    const senders = ranking
      .rank(target)
      .filter(({ address, level, distance, chance }) => {
        const isNew = address !== path.source && !answers.some(({ sender }) => sender === address);
        return isNew && chance >= LEAST_CHANCE && (level === 'unknown' || distance < slots);
      })
      .slice(0, this.#options.spoofers)
      .map(({ address }) => address);
    if (senders.length === 0) return notApplicable('no vantage point is nearer');
    const patienceMs = adaptiveTimeout.patienceFor(senders, target);
    const found = await askSpoofed(measurement, {
      target,
      senders,
      timeoutMs: this.#options.timeoutMs,
      deadline: () => patienceMs,
      useHeuristics: measurement.options.useHeuristics ?? true,
    });
    const best = bestAnswer(found.answers);
    const detail = `the path is longer than the way of packets of ${formatIpv4(target)}`;
    const isElsewhere = best?.hops.some(
      ({ address }) => aliases.routerKey(address) !== undefined && path.indexOf(address) < 0,
    );
    if (best === undefined || !isElsewhere) return nothingFound(detail);
    const hops = withAlternatives(best, found.answers, aliases);
    return { outcome: 'extended', from: other.of, hops, replacesRest: true, detail };
  }
}

async function lookForBalancing(measurement: Measurement): Promise<void> {
  const { path, plainPings } = measurement;
  for (let ping = 0; ping < MOST_PLAIN_PINGS && optionsTakeAnotherWay(measurement); ping++)
    await plainPings.repeat(path.hops[0].address).catch((error: unknown) => {
      if (!(error instanceof ProbingError) || error.code === 'cancelled') throw error;
    });
}
