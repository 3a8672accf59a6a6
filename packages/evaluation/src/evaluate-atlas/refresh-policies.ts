import {
  type AtlasTraceroute,
  collectTails,
  collectTraceroutes,
  DEFAULT_REFRESH,
  type EngineCollaborators,
  planRefresh,
  type RefreshPolicy,
  type TracerouteOrigin,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import { creditsPerTraceroute } from '@revtr/ripe-atlas';

/** How an atlas is kept up over days. */
export interface RefreshPolicyUnderTest {
  readonly name: string;
  /** Credits a source may cost in a day, as a share of re-running all its RIPE Atlas probes once. */
  readonly budget: number;
  /** Called once an hour with the credits that are left today; returns what it has spent. */
  readonly hourly: (context: RefreshContext) => Promise<number>;
}

interface RefreshContext {
  readonly source: Ipv4Address;
  readonly origins: readonly TracerouteOrigin[];
  readonly network: EngineCollaborators;
  /** Hours since the start. */
  readonly hour: number;
  readonly creditsLeft: number;
  readonly random: Random;
}

const PER_TRACEROUTE = creditsPerTraceroute(3);

/** The policies that are compared. */
export const POLICIES: readonly RefreshPolicyUnderTest[] = [
  { name: 'never again', budget: 0, hourly: async () => 0 },
  {
    name: 'all, once a day',
    budget: 1,
    hourly: (context) => (context.hour % 24 === 0 ? measure(context, context.origins) : Promise.resolve(0)),
  },
  {
    name: 'a random quarter, once a day',
    budget: 0.25,
    hourly: (context) =>
      context.hour % 24 === 0 ? measure(context, context.random.shuffle(context.origins)) : Promise.resolve(0),
  },
  { name: 'what is used (ours), once a day', budget: 0.25, hourly: refreshUsed(DEFAULT_REFRESH) },
  {
    name: 'what is used (ours), every six hours',
    budget: 1,
    hourly: refreshUsed({ ...DEFAULT_REFRESH, aheadMs: 18 * 3_600_000 }),
  },
];

function refreshUsed(policy: RefreshPolicy): RefreshPolicyUnderTest['hourly'] {
  return async (context) => {
    const { source, network } = context;
    const atlas = network.atlas.of(source);
    if (atlas === undefined) return 0;
    const due = planRefresh(atlas, policy, network.clock.now(), 500);
    return measure(context, due.map(toOrigin));
  };
}

const toOrigin = ({ origin, platform }: AtlasTraceroute): TracerouteOrigin => ({
  address: origin,
  platform: platform === 'vantagePoint' ? 'vantagePoint' : 'ripeAtlas',
});

/** Sends traceroutes from origins as far as the credits go, and pings what is new. Vantage points of one's own cost nothing. */
async function measure(context: RefreshContext, origins: readonly TracerouteOrigin[]): Promise<number> {
  const { source, network, creditsLeft } = context;
  const affordable = Math.floor(creditsLeft / PER_TRACEROUTE);
  const probes = origins.filter(({ platform }) => platform === 'ripeAtlas').slice(0, affordable);
  const own = origins.filter(({ platform }) => platform === 'vantagePoint');
  if (probes.length + own.length === 0) return 0;
  const options = { source, concurrency: 200, timeoutMs: 2_000, spoofersPerHop: 1 };
  await collectTraceroutes(options, [...probes, ...own], network);
  const facts = { aliases: network.aliases, ipToAs: network.ipToAs, useHeuristics: false };
  await collectTails(options, network.clock.now() - 7 * 86_400_000, { ...network, facts });
  return probes.length * PER_TRACEROUTE;
}
