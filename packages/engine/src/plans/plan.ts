import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { VantagePointRanking } from '../ranking/ranking.ts';
import type { Technique } from '../techniques/contract/technique.ts';

/** Techniques in the order in which they are asked, with their settings. */
export interface Plan<Ranking extends VantagePointRanking = VantagePointRanking> {
  readonly name: string;
  /** Makes the ranking of vantage points that it works with. */
  readonly ranking: (
    options: { readonly vantagePoints: readonly Ipv4Address[] },
    collaborators: { readonly ipToAs: IpToAs; readonly clock: Clock },
  ) => Ranking;
  /** Makes the techniques of one measurement. */
  readonly techniques: () => readonly Technique[];
  /** Whether what is measured joins the atlas. */
  readonly growsAtlas: boolean;
  /** Position of the technique that is asked first after `technique` has found hops. */
  readonly resumeAt: (technique: string) => number;
}
