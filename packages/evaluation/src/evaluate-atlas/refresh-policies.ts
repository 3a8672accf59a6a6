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

/** A policy that decides which atlas traceroutes are repeated. */
export interface RefreshPolicyUnderTest {
  readonly name: string;
  /** Credits for a source in a day, relative to the credits for one traceroute from each RIPE Atlas probe. */
  readonly budget: number;
  /** Runs once an hour with the remaining credits of the day. Returns the spent credits. */
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

/** The policies that the study compares. */
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

/** Sends traceroutes from as many origins as the credits allow, and Record Route pings to new hops. Vantage points cost nothing. */
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
