import type { AtlasPlatform, Contradiction, SourceAtlas } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';

/** Ages of paths, milliseconds. */
interface Ages {
  readonly newest: number;
  readonly median: number;
  readonly oldest: number;
}

/** What the atlas of a source covers, and how fresh it is. */
export interface AtlasOverview {
  /** Paths by who measured them. */
  readonly paths: Readonly<Record<AtlasPlatform, number>>;
  /** Addresses of hops, routers they are known to belong to, and networks. */
  readonly hops: number;
  readonly routers: number;
  readonly networks: number;
  /** Record Route addresses placed at one hop, and between hops. */
  readonly placedExactly: number;
  readonly placedBetween: number;
  /** Pings that contradicted the paths they were sent along, by how. */
  readonly contradictions: Readonly<Record<Contradiction, number>>;
  /** Places that reverse traceroutes have met within a day. */
  readonly used: number;
  /** Absent if the atlas has no path. */
  readonly ages?: Ages;
}

const DAY_MS = 86_400_000;

/** Counts what the atlas of a source holds. */
export function overviewOf(
  atlas: SourceAtlas | undefined,
  facts: {
    readonly routerKey: (address: Ipv4Address) => number | undefined;
    readonly originOf: (address: Ipv4Address) => number | undefined;
  },
  now: number,
): AtlasOverview {
  const paths = { vantagePoint: 0, ripeAtlas: 0, publicTraceroute: 0, reverseTraceroute: 0 };
  const all = [...(atlas?.paths.values() ?? [])];
  for (const { platform } of all) paths[platform]++;
  const addresses = new Set<Ipv4Address>();
  let used = 0;
  for (const node of atlas?.nodes() ?? []) {
    if (node.address !== undefined) addresses.add(node.address);
    if (node.usedAt > now - DAY_MS) used++;
  }
  const placed = new Set([...(atlas?.placements().values() ?? [])].flat());
  const placedExactly = [...placed].filter(({ first, last }) => first === last).length;
  const ages = all.map(({ at }) => Math.max(0, now - at)).sort((a, b) => a - b);
  return {
    paths,
    hops: addresses.size,
    routers: new Set([...addresses].flatMap((address) => facts.routerKey(address) ?? [])).size,
    networks: new Set([...addresses].flatMap((address) => facts.originOf(address) ?? [])).size,
    placedExactly,
    placedBetween: placed.size - placedExactly,
    contradictions: atlas?.contradictions() ?? { order: 0, bounds: 0, branch: 0, asLoop: 0 },
    used,
    ...(ages.length > 0 && {
      ages: { newest: ages[0], median: ages[Math.floor(ages.length / 2)], oldest: ages[ages.length - 1] },
    }),
  };
}
