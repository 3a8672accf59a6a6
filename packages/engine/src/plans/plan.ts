import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { ProbeCacheOptions } from '../knowledge/probe-cache.ts';
import type { VantagePointRanking } from '../ranking/ranking.ts';
import type { Technique } from '../techniques/contract/technique.ts';

/** An ordered list of techniques with their settings, and the ranking that they use. */
export interface Plan<Ranking extends VantagePointRanking = VantagePointRanking> {
  /** Name in results and on the command line. */
  readonly name: string;
  /** Creates the ranking of vantage points that the techniques work with. */
  readonly ranking: (
    options: { readonly vantagePoints: readonly Ipv4Address[] },
    collaborators: { readonly ipToAs: IpToAs; readonly clock: Clock },
  ) => Ranking;
  /** Creates the techniques of one measurement, in the order in which they are asked. A generator creates each one when its turn comes. */
  readonly techniques: () => Iterable<Technique>;
  /** Creates the technique that is asked once when the path is complete: it may replace hops that answers contradict. Default: none. */
  readonly review?: () => Technique;
  /** Whether answers that come after the path has gone on replace the hops that were assumed meanwhile. Default false. */
  readonly followsLateAnswers?: boolean;
  /** Whether results are added to the atlas. */
  readonly growsAtlas: boolean;
  /** Whether earlier probes are answered from a cache, and how long. Default: every probe is sent. */
  readonly cache?: ProbeCacheOptions;
  /** Position (from 0) of the technique that is asked next after `technique` has found hops. */
  readonly resumeAt: (technique: string) => number;
}
