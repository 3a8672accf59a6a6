import type { Ipv4Address } from '@revtr/net';
import { asPathOfNumbers } from '../facts/as-path.ts';
import type { IpToAs } from '../facts/ip-to-as.ts';
import type { Relations } from '../facts/relations.ts';
import type { Hop } from '../path/hop.ts';
import { addressCost, COSTS } from './border-costs.ts';
import { hiddenNetwork } from './hidden-networks.ts';
import type { Owners, RouterOwner } from './router-owners.ts';

/** What the networks of hops are found from. */
export interface PathFacts {
  readonly ipToAs: Pick<IpToAs, 'originOf'>;
  readonly relations: Relations;
  /** Owners that the atlas suggests. Default: none are known. */
  readonly owners?: Owners;
}

/** The network of a hop. */
export interface HopNetwork {
  /** AS number of the network that operates the router; `undefined` where it is not known. */
  readonly asn: number | undefined;
  /** A network between this hop and the next one that shows no router, and the probability that the path passes it. */
  readonly hiddenNetwork?: { readonly asn: number; readonly confidence: number };
}

/** A hop whose network is looked for. */
export type NetworkedHop = Pick<Hop, 'address' | 'evidence' | 'confidence'>;

/** Probability that a hidden network is on the path if the hops around it are: a share measured on development seeds of both families. */
const HIDDEN_CONFIDENCE = 0.9;

/** How much the owner that the atlas suggests counts against what the path itself suggests, and at most. */
const SUGGESTION_WEIGHT = 0.4;
const MOST_SUGGESTION = 5;
/** Hops at either end of a run of hops of one network that may belong to another one. */
const MOST_SHIFTED = 2;
/** A way that costs so much more than the cheapest one up to the same hop is given up: it does not catch up in practice. */
const MOST_BEHIND = 6;
/** Which side of a router a hop shows: the interface towards the hop before it on the path, towards the hop behind, or either. */
type Side = 'before' | 'behind' | 'forward' | 'either';

/**
 * The network that operates the router of each hop of a path. It is not always the one that announces the address: a border router often has an
 * address of the network on the other side of a link.
 *
 * The result is the sequence of networks that costs least (Viterbi's algorithm). Costs say how unusual the address of each hop is for a router of
 * its network between the networks beside it, how unusual the relations between networks in a row are, and how far the result is from the owners
 * that the atlas suggests. The first and the last hop are hosts, in the networks that announce their addresses.
 */
export function networksOfHops(hops: readonly NetworkedHop[], facts: PathFacts): HopNetwork[] {
  if (hops.length === 0) return [];
  return new NetworkSearch(hops, facts).find();
}

/** A cheapest way to give networks to the hops up to one hop. */
interface State {
  readonly cost: number;
  /** Network of this hop, and the network before it, which may be a hidden one. */
  readonly network: number | undefined;
  readonly before: number | undefined;
  readonly hidden: number | undefined;
  /** Whether the path has gone sideways or down. */
  readonly descends: boolean;
  readonly previous: State | undefined;
}

interface Step {
  readonly cost: number;
  readonly descends: boolean;
  readonly hidden?: number;
}

/** The AS numbers of a path: each network once in a row, hidden ones included, hops of unknown networks left out. */
export function asPathOf(networks: readonly HopNetwork[]): number[] {
  return asPathOfNumbers(networks.flatMap(({ asn, hiddenNetwork }) => [asn, hiddenNetwork?.asn]));
}

class NetworkSearch {
  readonly #hops: readonly NetworkedHop[];
  readonly #relations: Relations;
  readonly #origins: readonly (number | undefined)[];
  readonly #sides: readonly Side[];
  readonly #suggested: readonly (RouterOwner | undefined)[];
  readonly #last: number;

  constructor(hops: readonly NetworkedHop[], { ipToAs, relations, owners }: PathFacts) {
    this.#hops = hops;
    this.#relations = relations;
    this.#last = hops.length - 1;
    this.#origins = hops.map(({ address }) => ipToAs.originOf(address));
    this.#sides = hops.map(sideOf);
    const ownerOf = (address: Ipv4Address): RouterOwner | undefined => owners?.ownerOf(address);
    this.#suggested = hops.map(({ address }, i) => (i === 0 || i === this.#last ? undefined : ownerOf(address)));
  }

  find(): HopNetwork[] {
    let states: State[] = [
      {
        cost: 0,
        network: this.#origins[0],
        before: undefined,
        hidden: undefined,
        descends: false,
        previous: undefined,
      },
    ];
    for (let i = 1; i <= this.#last; i++) states = this.#advance(states, i);
    const networks: HopNetwork[] = [];
    let hidden: number | undefined;
    for (let state: State | undefined = cheapest(states); state !== undefined; state = state.previous) {
      const asn = state.network;
      networks.push({
        asn,
        ...(hidden !== undefined && { hiddenNetwork: this.#hidden(hidden, this.#last - networks.length) }),
      });
      hidden = state.hidden;
    }
    return networks.reverse();
  }

  #hidden(asn: number, i: number): HopNetwork['hiddenNetwork'] {
    return { asn, confidence: HIDDEN_CONFIDENCE * Math.min(this.#hops[i].confidence, this.#hops[i + 1].confidence) };
  }

  /** The cheapest state for each network of hop `i` that differs in what later costs depend on. */
  #advance(states: readonly State[], i: number): State[] {
    const best: State[] = [];
    const candidates = this.#candidates(i);
    for (const state of states)
      for (const network of candidates)
        for (const { cost, descends, hidden } of this.#steps(state, network)) {
          const before = hidden ?? state.network;
          const same = indexOfLike(best, network, before, descends);
          // The cost of the hop, which takes longer to find, is never negative.
          if (same >= 0 && best[same].cost <= state.cost + cost) continue;
          const total = state.cost + cost + this.#costOfHop(i - 1, state, hidden ?? network);
          if (same >= 0 && best[same].cost <= total) continue;
          const next = { cost: total, network, before, hidden, descends, previous: state };
          if (same >= 0) best[same] = next;
          else best.push(next);
        }
    const most = cheapest(best).cost + MOST_BEHIND;
    return best.filter(({ cost }) => cost <= most);
  }

  /** Networks that hop `i` may belong to: that of its address, the one that the atlas suggests, and those nearby on the path. */
  #candidates(i: number): readonly (number | undefined)[] {
    const own = this.#origins[i];
    if (i === this.#last) return [own];
    const found = new Set<number>();
    const add = (asn: number | undefined): void => {
      if (asn !== undefined) found.add(asn);
    };
    add(own);
    add(this.#suggested[i]?.asn);
    for (const step of [-1, 1]) {
      let [others, last] = [0, own];
      for (let j = i + step; j >= 0 && j <= this.#last && others < 2; j += step) {
        const origin = this.#origins[j];
        if (own !== undefined && origin === own && others === 0 && Math.abs(j - i) >= MOST_SHIFTED) break;
        if (origin === undefined || origin === last) continue;
        add(origin);
        last = origin;
        others++;
      }
      add(this.#suggested[i + step]?.asn);
    }
    return found.size === 0 ? [undefined] : [...found];
  }

  /** The ways to get from the network of a state to `network`. */
  #steps({ network: from, before, descends }: State, network: number | undefined): readonly Step[] {
    if (from === undefined || network === undefined || from === network) return descends ? STAYS_DESCENDING : STAYS;
    const relation = this.#relations.relationOf(network, from);
    if (relation === undefined) {
      const cost = COSTS.border + COSTS.unrelated;
      const steps: Step[] = [
        { cost, descends },
        { cost, descends: true },
      ];
      const hidden = hiddenNetwork(this.#relations, from, network);
      if (hidden !== undefined) steps.push({ cost: 2 * COSTS.border + COSTS.hidden, descends: true, hidden });
      return steps;
    }
    const isValley = descends && relation !== 'customer';
    const returns = network === before ? COSTS.returns : 0;
    return [
      { cost: COSTS.border + returns + (isValley ? COSTS.valley : 0), descends: descends || relation !== 'provider' },
    ];
  }

  /** The cost of hop `i`, whose network and the one before are those of a state, and behind which is `behind`. */
  #costOfHop(i: number, { network, before }: State, behind: number | undefined): number {
    const origin = this.#origins[i];
    if (i === 0 || origin === undefined || network === undefined) return 0;
    const suggested = this.#suggested[i];
    const isOther = suggested !== undefined && suggested.asn !== network;
    const suggestion = isOther ? Math.min(MOST_SUGGESTION, SUGGESTION_WEIGHT * suggested.margin) : 0;
    return this.#costOfAddress(i, origin, network, before, behind) + suggestion;
  }

  #costOfAddress(
    i: number,
    origin: number,
    network: number,
    before: number | undefined,
    behind: number | undefined,
  ): number {
    const side = this.#sides[i];
    const towards = (other: number | undefined): number =>
      origin === network ? 0 : addressCost(this.#relations, origin, network, other);
    if (side === 'before') return towards(before);
    if (side === 'either') return Math.min(towards(before), towards(behind));
    const first = this.#costOfFirst(i, origin, network, before);
    if (side === 'behind') {
      const incoming = origin === before ? towards(before) + COSTS.incomingStamp : Number.POSITIVE_INFINITY;
      return Math.min(towards(behind), incoming) + first;
    }
    if (origin === network || this.#relations.relationOf(origin, network) !== 'provider')
      return towards(behind) + first;
    const isBeside = this.#sides[i + 1] === 'forward';
    return Math.min(towards(behind), isBeside ? COSTS.otherProviderBeside : COSTS.otherProvider) + first;
  }

  /** A router that leaves a network shows the address of the next network: the first router of that network is therefore the second to show one. */
  #costOfFirst(i: number, origin: number, network: number, before: number | undefined): number {
    if (origin !== network || before === undefined || before === network || this.#origins[i - 1] !== before) return 0;
    const relation = this.#relations.relationOf(network, before);
    return relation === 'provider'
      ? COSTS.ownAddressBehindCustomer
      : relation === 'peer'
        ? COSTS.ownAddressBehindPeer
        : 0;
  }
}

const STAYS: readonly Step[] = [{ cost: 0, descends: false }];
const STAYS_DESCENDING: readonly Step[] = [{ cost: 0, descends: true }];

/** Where the state is that later costs cannot tell from another one; -1 if there is none. */
function indexOfLike(
  states: readonly State[],
  network: number | undefined,
  before: number | undefined,
  descends: boolean,
): number {
  // This is the innermost loop: a callback would cost much.
  for (let i = 0; i < states.length; i++) {
    const state = states[i];
    if (state.network === network && state.before === before && state.descends === descends) return i;
  }
  return -1;
}

const cheapest = (states: readonly State[]): State => states.reduce((a, b) => (b.cost < a.cost ? b : a));

/** Traceroutes show the address by which packets enter a router, Record Route the one by which they leave, the forward path the reverse. */
function sideOf({ evidence }: Pick<NetworkedHop, 'evidence'>): Side {
  if (evidence.type === 'proxy' || evidence.type === 'networkPath') return 'before';
  if (evidence.type === 'atlas') return evidence.platform === 'reverseTraceroute' ? 'either' : 'before';
  if (evidence.type === 'symmetry') return 'forward';
  return evidence.type === 'destination' || evidence.type === 'nearby' ? 'either' : 'behind';
}
