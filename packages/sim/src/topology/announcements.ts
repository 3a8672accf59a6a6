import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import { type AdjacencyTable, type Announcement, type HostPrefixTable, Relation } from './topology.ts';

/** The Internet whose prefixes are announced. */
interface AnnouncedInternet {
  readonly hosts: Omit<HostPrefixTable, 'announcement'>;
  readonly adjacencies: AdjacencyTable;
  /** Network of each router. */
  readonly network: Int32Array;
  readonly firstRouter: Int32Array;
}

/** What the networks announce for single prefixes, and the announcement of each host prefix; -1 where it is that of the network's block. */
export interface Announcements {
  readonly announcements: readonly Announcement[];
  readonly ofPrefix: Int32Array;
}

const MOST_FURTHER_SITES = 5;

/** Draws the host prefixes that are anycast, are announced to some providers only, or are routed by preferences of their own. */
export function drawAnnouncements(
  { hosts, adjacencies, network, firstRouter }: AnnouncedInternet,
  { anycastPrefixes, selectiveAnnouncements, perPrefixPolicies }: SimParameters,
  random: Random,
): Announcements {
  const announcements: Announcement[] = [];
  const ofPrefix = Int32Array.from(hosts.router, (router, prefix) => {
    const drawn = [anycastPrefixes, selectiveAnnouncements, perPrefixPolicies].map((share) => random.chance(share));
    const [isAnycast, isSelective, hasPolicies] = drawn;
    if (hosts.announced[prefix] === 0 || !drawn.includes(true)) return -1;
    const origin = network[router];
    const sites = new Map([[origin, router]]);
    if (isAnycast) {
      for (let i = 1 + random.below(MOST_FURTHER_SITES); i > 0; i--) {
        const other = random.below(firstRouter.length - 1);
        if (!sites.has(other)) sites.set(other, firstRouter[other]);
      }
    }
    const withheld = isSelective ? withhold(adjacencies, origin, random) : new Set<number>();
    announcements.push({ sites, withheld, preferences: hasPolicies ? announcements.length + 1 : 0 });
    return announcements.length - 1;
  });
  return { announcements, ofPrefix };
}

/** Adjacencies to some of a network's providers, never to all. */
function withhold({ first, relation }: AdjacencyTable, network: number, random: Random): Set<number> {
  const providers: number[] = [];
  for (let i = first[network]; i < first[network + 1]; i++) if (relation[i] === Relation.provider) providers.push(i);
  const kept = 1 + random.below(Math.max(1, providers.length - 1));
  return new Set(random.shuffle(providers).slice(kept));
}
