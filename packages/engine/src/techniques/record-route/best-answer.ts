import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../../facts/aliases.ts';
import type { Hop } from '../../path/hop.ts';
import type { ReadAnswer } from '../contract/target-answers.ts';

/**
 * The hops of `best`, each with what the other answers of the round saw in its place: another router behind the same one,
 * which is nowhere else on the path. A hop whose address identifies no router cannot be compared.
 */
export function withAlternatives(best: ReadAnswer, answers: readonly ReadAnswer[], aliases: Aliases): Hop[] {
  const keysOf = ({ hops }: ReadAnswer): (number | undefined)[] =>
    hops.map(({ address }) => aliases.routerKey(address));
  const own = keysOf(best);
  const others = answers
    .filter((answer) => answer !== best)
    .map((answer) => ({ sender: answer.sender, hops: answer.hops, keys: keysOf(answer) }));
  return best.hops.map((hop, i) => {
    const [router, before] = [own[i], own[i - 1]];
    if (router === undefined) return hop;
    const alternatives = new Set<Ipv4Address>();
    const confirmedBy: Ipv4Address[] = [];
    for (const { sender, hops, keys } of others) {
      if (keys.includes(router)) confirmedBy.push(sender);
      const place = i === 0 || before === undefined ? 0 : keys.indexOf(before) + 1;
      const isComparable = place < keys.length && (i === 0 || place > 0);
      const isIdentified = keys[place] !== undefined;
      if (isComparable && isIdentified && !own.includes(keys[place])) alternatives.add(hops[place].address);
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
