import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../../facts/aliases.ts';
import type { Hop } from '../../path/hop.ts';
import type { ReadAnswer } from '../contract/target-answers.ts';

/**
 * The hops of `best`, each with what the other answers of the round saw in its place: another router behind the same one,
 * which is nowhere else on the path.
 */
export function withAlternatives(best: ReadAnswer, answers: readonly ReadAnswer[], aliases: Aliases): Hop[] {
  const keysOf = ({ hops }: ReadAnswer): number[] => hops.map(({ address }) => aliases.routerKey(address));
  const own = keysOf(best);
  const others = answers
    .filter((answer) => answer !== best)
    .map((answer) => ({ sender: answer.sender, hops: answer.hops, keys: keysOf(answer) }));
  return best.hops.map((hop, i) => {
    const alternatives = new Set<Ipv4Address>();
    const confirmedBy: Ipv4Address[] = [];
    for (const { sender, hops, keys } of others) {
      if (keys.includes(own[i])) confirmedBy.push(sender);
      const place = i === 0 ? 0 : keys.indexOf(own[i - 1]) + 1;
      const isComparable = place < keys.length && (i === 0 || place > 0);
      if (isComparable && !own.includes(keys[place])) alternatives.add(hops[place].address);
    }
    return {
      ...hop,
      ...(alternatives.size > 0 && { alternatives: [...alternatives], divergence: 'loadBalancing' as const }),
      ...(confirmedBy.length > 0 && { confirmedBy }),
    };
  });
}

/** The answer that leads furthest: one that comes to the source, else the one with most hops. */
export function bestAnswer(answers: readonly ReadAnswer[]): ReadAnswer | undefined {
  const worth = ({ reading, hops }: ReadAnswer): number =>
    hops.length === 0 ? 0 : hops.length + (reading.isWhole ? 100 : 0);
  return answers.reduce<ReadAnswer | undefined>(
    (best, answer) => (worth(answer) > (best === undefined ? 0 : worth(best)) ? answer : best),
    undefined,
  );
}
