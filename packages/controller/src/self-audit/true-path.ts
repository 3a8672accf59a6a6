import { type Aliases, areLinkMates, asPathOfNumbers, type IpToAs, placeStamps } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';

/** What a host's own probes to a source show, measured within a minute. */
export interface OwnProbes {
  /** Completed traceroutes to the source. The first one is that whose hops are counted; the others are of other flows. */
  readonly traceroutes: readonly [TracerouteResult, ...TracerouteResult[]];
  /** Stamps of Record Route pings on the way to the source, up to the nine of the option; none of the way back. */
  readonly recordRoutes: readonly (readonly Ipv4Address[])[];
}

/** Facts about addresses that the comparison uses. */
export interface AddressKnowledge {
  readonly aliases: Aliases;
  readonly ipToAs: IpToAs;
}

/**
 * By which rule an address is on the path: it answered the traceroute; it is a known alias of a hop; it is the other end of the
 * point-to-point link by which packets enter a hop; the host's own Record Route pings show it.
 */
export type MatchRule = 'address' | 'alias' | 'link' | 'ownRecordRoute';

/** An address that is on the path. `position` is that of its router among the hops that are counted, from 0, where that is known. */
export interface PathMatch {
  readonly rule: MatchRule;
  readonly position: number | undefined;
}

type Hops = readonly (Ipv4Address | undefined)[];

/** The path from a host to a source as the host's own probes show it. */
export class TruePath {
  /** Hops between host and source as the first traceroute shows them; `undefined` for silent ones. */
  readonly hops: Hops;
  /** Networks of host, hops and source in order, each once; hops without a known network are left out. */
  readonly asPath: readonly number[];
  readonly #flows: readonly Hops[];
  readonly #facts: AddressKnowledge;
  /** Own Record Route pings that do not contradict the traceroute. */
  readonly #stamps: readonly (readonly Ipv4Address[])[];
  readonly #placed = new Map<Ipv4Address, number>();
  readonly #networks: ReadonlySet<number>;

  constructor(
    host: Ipv4Address,
    source: Ipv4Address,
    { traceroutes, recordRoutes }: OwnProbes,
    facts: AddressKnowledge,
  ) {
    this.#facts = facts;
    this.#flows = traceroutes.map(({ hops }) =>
      hops.map(({ from }) => from).filter((from) => from !== source && from !== host),
    );
    [this.hops] = this.#flows;
    const ends = [host, ...this.hops, source];
    this.#stamps = recordRoutes.flatMap((stamps) => {
      const own = stamps.filter((stamp) => !facts.aliases.sameRouter(stamp, host) && stamp !== source);
      const tail = { target: host, sender: host, at: 0, stamps: own };
      const { placed, contradictions } = placeStamps(ends, [tail], facts);
      if (contradictions.length > 0) return [];
      for (const { address, first, last } of placed) if (first === last) this.#placed.set(address, first - 1);
      return [own];
    });
    this.asPath = originPathOf(ends, facts.ipToAs);
    const all = [host, source, ...this.#flows.flat()];
    this.#networks = new Set(all.flatMap((hop) => (hop === undefined ? [] : (facts.ipToAs.originOf(hop) ?? []))));
  }

  /** How an address is on the path; `undefined` when no rule says that it is. */
  match(address: Ipv4Address): PathMatch | undefined {
    for (const hops of this.#flows) {
      const position = hops.indexOf(address);
      if (position >= 0) return { rule: 'address', position: this.#counted(hops, position) };
    }
    const { aliases } = this.#facts;
    for (const hops of this.#flows) {
      const position = hops.findIndex((hop) => hop !== undefined && aliases.sameRouter(hop, address));
      if (position >= 0) return { rule: 'alias', position: this.#counted(hops, position) };
    }
    for (const hops of this.#flows) {
      const entered = hops.findIndex((hop) => hop !== undefined && areLinkMates(hop, address));
      if (entered > 0) return { rule: 'link', position: this.#counted(hops, entered - 1) };
    }
    const isStamped = this.#stamps.some((stamps) => stamps.includes(address));
    return isStamped ? { rule: 'ownRecordRoute', position: this.#placed.get(address) } : undefined;
  }

  /** Whether the path may pass a network, as far as the networks of its hops are known. */
  passes(network: number): boolean {
    return this.#networks.has(network);
  }

  /**
   * Whether a router of a network that no hop shows could be between two positions (-1 for the host): at a border between networks a silent
   * hop may hide another network.
   */
  mayHideNetwork(from: number, to: number): boolean {
    const { ipToAs } = this.#facts;
    for (let i = Math.max(0, from); i <= Math.min(to, this.hops.length - 1); i++) {
      if (this.hops[i] !== undefined) continue;
      const before = this.hops.slice(0, i).findLast((hop) => hop !== undefined);
      const behind = this.hops.slice(i).find((hop) => hop !== undefined);
      const [a, b] = [before, behind].map((hop) => (hop === undefined ? undefined : ipToAs.originOf(hop)));
      if (a === undefined || a !== b) return true;
    }
    return false;
  }

  /** Whether flows take different ways between two positions (-1 for the host). */
  isBalanced(from: number, to: number): boolean {
    const stretch = (hops: Hops): string => hops.slice(from + 1, to + 1).join();
    return this.#flows.some((hops) => stretch(hops) !== stretch(this.hops));
  }

  /**
   * The hop that every traceroute shows behind an address, or the stamp that every own Record Route ping shows behind it; behind the host
   * itself for `undefined`. `undefined` when they show none, or not the same.
   */
  behind(address: Ipv4Address | undefined, by: 'traceroute' | 'recordRoute'): Ipv4Address | undefined {
    const lists: readonly Hops[] = by === 'traceroute' ? this.#flows : this.#stamps;
    const next = lists.flatMap((list) => {
      const position = address === undefined ? -1 : list.indexOf(address);
      return address !== undefined && position < 0 ? [] : list.slice(position + 1, position + 2);
    });
    const [first] = next;
    return first !== undefined && next.every((other) => other === first) ? first : undefined;
  }

  /** The position in the counted traceroute of a hop of another flow, if the flows have it at the same place. */
  #counted(hops: Hops, position: number): number | undefined {
    if (hops === this.hops) return position;
    const hop = hops[position];
    const counted = hop === undefined ? -1 : this.hops.indexOf(hop);
    return counted < 0 ? undefined : counted;
  }
}

/** The AS path of addresses in order, by their origins. */
export const originPathOf = (addresses: Hops, ipToAs: IpToAs): number[] =>
  asPathOfNumbers(addresses.map((address) => (address === undefined ? undefined : ipToAs.originOf(address))));
