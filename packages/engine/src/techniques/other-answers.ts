import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from './contract/measurement.ts';
import type { ReadAnswer } from './contract/target-answers.ts';
import { type Extension, nothingFound, type Technique } from './contract/technique.ts';

/**
 * Returns to other answers to the pings of the measurement when the last hop leads nowhere: one that came late, one that saw another branch of a
 * load balancer, or an earlier hop of an answer that the path has followed. It sends no probes. The original keeps such answers on a stack.
 */
export class OtherAnswers implements Technique {
  readonly name = 'otherAnswers';
  readonly #followed = new Set<ReadAnswer>();
  /** Routers behind which no technique has found a hop. */
  readonly #deadEnds = new Set<Ipv4Address>();

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, targetAnswers, aliases } = measurement;
    this.#deadEnds.add(path.last.address);
    for (let from = path.hops.length - 1; from >= 0; from--)
      for (const answer of targetAnswers.answersOf(path.hops[from].address)) {
        if (this.#followed.has(answer)) continue;
        const hops = this.#upToLastHope(measurement, answer);
        const end = hops.at(-1);
        if (end === undefined || path.indexOf(end.address) >= 0) continue;
        this.#followed.add(answer);
        const detail = `${hops.length} hops of another answer of ${formatIpv4(answer.target)}, to ${formatIpv4(answer.sender)}`;
        return { outcome: 'extended', from, hops: asBranch(hops, path.hops[from + 1], aliases), detail };
      }
    return nothingFound('no other answer leads further');
  }

  /** The hops of an answer without the dead ends at their end. */
  #upToLastHope({ aliases }: Measurement, { hops }: ReadAnswer): readonly Hop[] {
    const deadEnds = [...this.#deadEnds];
    const isDeadEnd = (address: Ipv4Address): boolean =>
      deadEnds.some((deadEnd) => aliases.sameRouter(deadEnd, address));
    return hops.slice(0, hops.findLastIndex(({ address }) => !isDeadEnd(address)) + 1);
  }
}

/** Answers of one target that begin with different routers show load balancing. */
function asBranch(hops: readonly Hop[], known: Hop | undefined, aliases: Measurement['aliases']): readonly Hop[] {
  if (known === undefined || aliases.sameRouter(known.address, hops[0].address)) return hops;
  return hops.map((hop, i) => (i === 0 ? { ...hop, divergence: 'loadBalancing' } : hop));
}
