import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { IpToAs } from '../facts/ip-to-as.ts';
import { placeOf, type TargetPlace } from '../facts/target-place.ts';
import { ingressCandidates } from './ingress-candidates.ts';
import { groupByIngress } from './ingress-groups.ts';
import { type IngressOrder, orderGroups } from './ingress-order.ts';
import { OUT_OF_REACH, type RankedVantagePoint, type VantagePointRanking } from './ranking.ts';
import { type KnownVantagePoint, type RankingRecord, RankingStore } from './ranking-store.ts';
import { mostReachingFirst, USABLE } from './reach.ts';
import { SilenceCounts } from './silence-counts.ts';
import { SuccessRates } from './success-rates.ts';

/** Options of an {@link IngressRanking}. */
export interface IngressRankingOptions {
  /** Vantage points that are connected now. */
  readonly vantagePoints: readonly Ipv4Address[];
  /** The order in which vantage points are asked. Default `nearest`. */
  readonly order?: IngressOrder;
  /** Age from which knowledge is not used, milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
}

/** The ranking for one prefix. */
interface PrefixRanking {
  readonly vantagePoints: readonly RankedVantagePoint[];
  /** When it must be computed again because a vantage point may be asked again, milliseconds since the Unix epoch. */
  readonly validUntil: number;
}

/** Most vantage points of unknown distance in one ranking: more than any measurement asks. */
const MOST_UNKNOWN = 256;
const MONTH_MS = 30 * 86_400_000;

/**
 * Ranks vantage points by their Record Route distance, and tells by which router their probes enter the target's prefix: vantage points
 * that share an ingress succeed and fail together (IMC 2022, section 4.3). Knowledge of the target's prefix comes before knowledge of its
 * network, and that before the number of networks that a vantage point reaches. A survey teaches it first, and every later answer
 * corrects it.
 */
export class IngressRanking implements VantagePointRanking {
  readonly #ipToAs: IpToAs;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #order: IngressOrder;
  readonly #store = new RankingStore();
  readonly #silences = new SilenceCounts();
  readonly #rates = new SuccessRates();
  /** Rankings by key of the prefix. */
  readonly #ranked = new Map<number, PrefixRanking>();
  /** Connected vantage points, each with its turn among equals. */
  #vantagePoints: ReadonlyMap<Ipv4Address, number>;
  #global: readonly Ipv4Address[];

  constructor(options: IngressRankingOptions, collaborators: { readonly ipToAs: IpToAs; readonly clock: Clock }) {
    this.#vantagePoints = withTurns(options.vantagePoints);
    this.#global = options.vantagePoints;
    this.#maxAgeMs = options.maxAgeMs ?? MONTH_MS;
    this.#order = options.order ?? 'nearest';
    this.#ipToAs = collaborators.ipToAs;
    this.#clock = collaborators.clock;
  }

  rank(target: Ipv4Address, nearer = 0): readonly RankedVantagePoint[] {
    const place = placeOf(target, this.#ipToAs);
    const now = this.#clock.now();
    if (nearer > 0) return this.#compute(place, now, nearer).vantagePoints;
    const known = this.#ranked.get(place.prefix);
    if (known !== undefined && now < known.validUntil) return known.vantagePoints;
    const ranking = this.#compute(place, now);
    this.#ranked.set(place.prefix, ranking);
    return ranking.vantagePoints;
  }

  expectedDistance(sender: Ipv4Address, target: Ipv4Address): number | undefined {
    return this.#store.distance(placeOf(target, this.#ipToAs), sender, this.#clock.now() - this.#maxAgeMs);
  }

  observe(sender: Ipv4Address, target: Ipv4Address, distance: number, stamps: readonly Ipv4Address[] = []): void {
    const place = placeOf(target, this.#ipToAs);
    const expected = this.#ranked.get(place.prefix)?.vantagePoints.find(({ address }) => address === sender);
    if (expected !== undefined) this.#rates.observe(expected.level, expected.distance, distance < OUT_OF_REACH);
    this.#silences.recordAnswer(place.prefix, sender);
    const ingresses = ingressCandidates(target, stamps.slice(0, distance), this.#ipToAs);
    this.#store.learn(place, sender, { distance, at: this.#clock.now(), ingresses });
    // The other prefixes of the network keep their rankings: computing all of them for every answer costs too much.
    this.#ranked.delete(place.prefix);
  }

  observeSilence(sender: Ipv4Address, target: Ipv4Address): void {
    const { prefix } = placeOf(target, this.#ipToAs);
    this.#silences.recordSilence(prefix, sender, this.#clock.now());
    this.#ranked.delete(prefix);
  }

  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void {
    this.#vantagePoints = withTurns(vantagePoints);
    this.rankGlobally();
  }

  rankGlobally(): void {
    this.#global = mostReachingFirst(this.#vantagePoints.keys(), this.#store.networks());
    this.#ranked.clear();
  }

  /** Returns what was learned since the last call, for the caller to persist. */
  takeChanges(): RankingRecord[] {
    return this.#store.takeChanges();
  }

  /** Restores records that {@link takeChanges} returned. */
  restore(records: Iterable<RankingRecord>): void {
    this.#store.restore(records);
    this.rankGlobally();
  }

  /** Forgets what no answer has confirmed for `ageMs` milliseconds. */
  forgetOlderThan(ageMs: number): void {
    this.#store.forgetBefore(this.#clock.now() - ageMs);
    this.rankGlobally();
  }

  /** How many prefixes and networks something is known of. */
  get size(): { readonly prefixes: number; readonly networks: number } {
    return this.#store.size;
  }

  #compute(place: TargetPlace, now: number, nearer = 0): PrefixRanking {
    const { isFiltered, validUntil } = this.#silences.filterOf(place.prefix, now);
    const connected = this.#connected(this.#store.known(place, now - this.#maxAgeMs)).filter(
      ({ address }) => !isFiltered(address),
    );
    const known = connected.map((one) => {
      const distance = Math.max(1, one.distance - nearer);
      return distance === one.distance ? one : { ...one, distance };
    });
    const groups = groupByIngress(known.filter(({ distance }) => distance < USABLE));
    const ranked = orderGroups(groups, this.#order).map(({ ingress, ...rest }): RankedVantagePoint => {
      const found = { ...rest, chance: this.#rates.chance(rest.level, rest.distance) };
      return ingress === undefined ? found : { ...found, ingress };
    });
    const isKnown = new Set(known.map(({ address }) => address));
    const chance = this.#rates.chance('unknown', USABLE);
    const most = ranked.length + MOST_UNKNOWN;
    for (const address of this.#global) {
      if (ranked.length >= most) break;
      if (!isKnown.has(address) && !isFiltered(address))
        ranked.push({ address, distance: USABLE, level: 'unknown', chance });
    }
    return { vantagePoints: ranked, validUntil };
  }

  /** The connected ones of `known`, in the order of the vantage points. */
  #connected(known: readonly KnownVantagePoint[]): KnownVantagePoint[] {
    const connected: { readonly turn: number; readonly vantagePoint: KnownVantagePoint }[] = [];
    for (const vantagePoint of known) {
      const turn = this.#vantagePoints.get(vantagePoint.address);
      if (turn !== undefined) connected.push({ turn, vantagePoint });
    }
    return connected.sort((a, b) => a.turn - b.turn).map(({ vantagePoint }) => vantagePoint);
  }
}

function withTurns(vantagePoints: readonly Ipv4Address[]): ReadonlyMap<Ipv4Address, number> {
  return new Map(vantagePoints.map((vantagePoint, turn) => [vantagePoint, turn]));
}
