import { IngressRanking, PrefixOrigins } from '@revtr/engine';
import { createRandom } from '@revtr/probing';
import { publishData, SimulatedInternet, simParameters } from '@revtr/sim';
import { medianSeconds } from './rounds.ts';

/** Queries in each round. */
const QUERIES = 40_000;
const ANSWERS = 500_000;

/**
 * Ranks fleets of 5, 50 and 1,000 vantage points after half a million replies. Reports the median time of a query over five
 * rounds, with and without replies between the queries.
 */
export function benchRanking() {
  const { parameters, topology, places, clock } = new SimulatedInternet({ parameters: simParameters('large', 1) });
  const ipToAs = new PrefixOrigins(publishData(topology, parameters).prefixOrigins);
  return [5, 50, 1_000].map((fleet) => {
    const random = createRandom(1);
    const vantagePoints = Array.from({ length: fleet }, (_, i) => 0x0b000001 + 256 * i);
    const ranking = new IngressRanking({ vantagePoints }, { ipToAs, clock });
    const learn = (): void => {
      const target = random.pick(places.hitlist);
      const distance = 2 + random.below(8);
      const stamps = Array.from({ length: distance }, (_, i) => target - 1_000 + 7 * i);
      ranking.observe(random.pick(vantagePoints), target, distance, stamps);
    };
    for (let i = 0; i < ANSWERS; i++) learn();
    ranking.rankGlobally();
    const targets = Array.from({ length: 4_096 }, () => random.pick(places.hitlist));
    let ranked = 0;
    const mixedMicros =
      (1e6 / QUERIES) *
      medianSeconds(() => {
        for (let i = 0; i < QUERIES; i++) {
          ranked += ranking.rank(targets[i & 4_095]).length;
          // In production, about one reply about another target arrives between two queries.
          learn();
        }
      });
    for (const target of targets) ranking.rank(target);
    const micros =
      (1e6 / QUERIES) *
      medianSeconds(() => {
        for (let i = 0; i < QUERIES; i++) ranked += ranking.rank(targets[i & 4_095]).length;
      });
    const round = (value: number): number => Math.round(value * 100) / 100;
    return {
      fleet,
      ...ranking.size,
      ranked,
      microsecondsPerQuery: round(micros),
      withAnswersBetween: round(mixedMicros),
    };
  });
}
