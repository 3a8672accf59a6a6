import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import { NextHops } from '../knowledge/next-hops.ts';
import type { RankedVantagePoint, VantagePointRanking } from '../ranking/ranking.ts';

/** Whether two addresses are in the same /24. */
export const isBeside = (a: Ipv4Address, b: Ipv4Address): boolean => a >>> 8 === b >>> 8;

/**
 * The known next hops as a self-audit of `host` may use them: without those that probes to its /24 have shown. The audit itself teaches
 * nothing, because later audits of the same /24 would only find what this one found.
 */
export class ForeignNextHops extends NextHops {
  readonly #known: NextHops;
  readonly #host: Ipv4Address;

  constructor(host: Ipv4Address, { known, aliases }: { readonly known: NextHops; readonly aliases: Aliases }) {
    super({ capacity: 0 }, aliases);
    this.#known = known;
    this.#host = host;
  }

  override learn(): void {}

  override behind(source: Ipv4Address, address: Ipv4Address, oldest: number): ReturnType<NextHops['behind']> {
    const found = this.#known.behind(source, address, oldest);
    const isOwn = found.hops.some(({ evidence }) => 'target' in evidence && isBeside(evidence.target, this.#host));
    return isOwn ? { hops: [], at: 0 } : found;
  }
}

/** A ranking that leaves out the vantage points in the /24 of `host`. */
export function rankingWithout(host: Ipv4Address, ranking: VantagePointRanking): VantagePointRanking {
  const isForeign = ({ address }: RankedVantagePoint): boolean => !isBeside(address, host);
  return {
    rank: (target, nearer) => ranking.rank(target, nearer).filter(isForeign),
    expectedDistance: (sender, target) => ranking.expectedDistance(sender, target),
    observe: (sender, target, distance, stamps) => ranking.observe(sender, target, distance, stamps),
    observeSilence: (sender, target) => ranking.observeSilence(sender, target),
    setVantagePoints: (vantagePoints) => ranking.setVantagePoints(vantagePoints),
    rankGlobally: () => ranking.rankGlobally(),
  };
}
