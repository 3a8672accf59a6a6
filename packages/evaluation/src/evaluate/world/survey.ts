import {
  type ReadingFacts,
  type RecordRouteAnswer,
  readRecordRoute,
  recordRouteAnswer,
  recordRoutePing,
  surveyAnswer,
  type VantagePointRanking,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { type Clock, inParallel, type PingResult, type Prober } from '@revtr/probing';

/** Hosts that ask the first target of a network before all others do, to find out whether it answers. */
const SCREENERS = 5;
/** Time between two networks, and between two probes to one target: no host sends more than 20 probes a second, as in the surveys of IMC 2017. */
const NETWORK_EVERY_MS = 50;
const PROBE_EVERY_MS = 500;
const TIMEOUT_MS = 2_000;
/** Answers between two calls of `onProgress`. */
const REPORT_EVERY = 50_000;

/** The answers of a survey of Record Route distances, and how many probes each host sent. They teach any ranking. */
export class Survey {
  readonly #probes = new Map<Ipv4Address, number>();
  readonly #words = new Words();

  /** Counts a probe. */
  count(sender: Ipv4Address): void {
    this.#probes.set(sender, (this.#probes.get(sender) ?? 0) + 1);
  }

  /** Keeps the answer to a probe. */
  keep(sender: Ipv4Address, { target, stamps }: RecordRouteAnswer): void {
    this.#words.push(sender, target, stamps.length, ...stamps);
  }

  /** Number of probes that some hosts sent. */
  probesOf(senders: Iterable<Ipv4Address>): number {
    return [...senders].reduce((sum, sender) => sum + (this.#probes.get(sender) ?? 0), 0);
  }

  /** Teaches a ranking the answers that `senders` got. Calls `onProgress` now and then. */
  teach(
    ranking: VantagePointRanking,
    options: { readonly senders: Iterable<Ipv4Address>; readonly facts: ReadingFacts; readonly onProgress: () => void },
  ): void {
    const senders = new Set(options.senders);
    let taught = 0;
    for (let at = 0; at < this.#words.length; ) {
      const [sender, target, count] = [this.#words.at(at), this.#words.at(at + 1), this.#words.at(at + 2)];
      if (senders.has(sender)) {
        const stamps = Array.from({ length: count }, (_, i) => this.#words.at(at + 3 + i));
        surveyAnswer(resultOf(sender, target, stamps), ranking, options.facts);
        if (++taught % REPORT_EVERY === 0) options.onProgress();
      }
      at += 3 + count;
    }
    ranking.rankGlobally();
  }
}

function resultOf(sender: Ipv4Address, target: Ipv4Address, recordRoute: readonly Ipv4Address[]): PingResult {
  const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 0, ttl: 64, recordRoute };
  return { type: 'ping', request: recordRoutePing(sender, sender, target, TIMEOUT_MS), sentAt: 0, reply };
}

/**
 * Surveys networks: a few hosts ask the first target of each, or the next one while none answers; then all other hosts ask that target;
 * then those in reach of it ask the second target, which shows by which router they all come in. Networks that do not answer cost a few
 * probes instead of one from each host.
 *
 * @param networks targets of each network, best first
 */
export async function runSurvey(
  {
    senders,
    networks,
  }: { readonly senders: readonly Ipv4Address[]; readonly networks: readonly (readonly Ipv4Address[])[] },
  { prober, clock, facts }: { readonly prober: Prober; readonly clock: Clock; readonly facts: ReadingFacts },
): Promise<Survey> {
  const survey = new Survey();
  /** Asks a target from several hosts. Returns those with an answer, and those of them in reach. */
  const ask = async (hosts: readonly Ipv4Address[], target: Ipv4Address) => {
    const answered: Ipv4Address[] = [];
    const near: Ipv4Address[] = [];
    await inParallel(hosts.length, hosts.length, async (i) => {
      await clock.sleep(i * PROBE_EVERY_MS);
      survey.count(hosts[i]);
      const result = await prober.ping(recordRoutePing(hosts[i], hosts[i], target, TIMEOUT_MS));
      const answer = recordRouteAnswer(result);
      if (answer === undefined) return;
      survey.keep(hosts[i], answer);
      answered.push(hosts[i]);
      if (readRecordRoute(answer, facts).turnSlot !== undefined) near.push(hosts[i]);
    });
    return { answered, near };
  };
  await inParallel(networks.length, networks.length, async (i) => {
    await clock.sleep(i * NETWORK_EVERY_MS);
    const screeners = Array.from(
      { length: Math.min(SCREENERS, senders.length) },
      (_, k) => (i * SCREENERS + k) % senders.length,
    );
    const first = screeners.map((k) => senders[k]);
    const others = senders.filter((sender) => !first.includes(sender));
    let near: readonly Ipv4Address[] | undefined;
    for (const target of networks[i]) {
      if (near !== undefined) {
        await ask(near, target);
        continue;
      }
      const screened = await ask(first, target);
      if (screened.answered.length === 0) continue;
      near = [...screened.near, ...(await ask(others, target)).near];
    }
  });
  return survey;
}

/** A list of 32-bit words that grows. Millions of answers are kept in it. */
class Words {
  length = 0;
  #words = new Uint32Array(1_024);

  push(...words: readonly number[]): void {
    if (this.length + words.length > this.#words.length) {
      const wider = new Uint32Array(2 * this.#words.length);
      wider.set(this.#words);
      this.#words = wider;
    }
    this.#words.set(words, this.length);
    this.length += words.length;
  }

  at(index: number): number {
    return this.#words[index];
  }
}
