import { type Ipv4Address, prefixContains } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { IpToAs } from '../facts/ip-to-as.ts';
import { OUT_OF_REACH, type RankedVantagePoint, type VantagePointRanking } from './ranking.ts';
import { mostReachingFirst, USABLE } from './reach.ts';
import { SuccessRates } from './success-rates.ts';
import { VantagePointRecord } from './vantage-point-record.ts';

export interface IngressRankingOptions {
  readonly vantagePoints: readonly Ipv4Address[];
  /**
   * `turns`: the nearest of each ingress, then the second of each, as the original has it. `nearest`: by distance alone, since near ones
   * leave most of the option for the way back; ingresses then only say which fail together. Default `nearest`.
   */
  readonly order?: 'turns' | 'nearest';
  /** Knowledge older than this is used as if it were not there, milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
}

interface RecordPlace {
  readonly level: 'prefix' | 'network';
  /** Of the prefix or network. */
  readonly key: number;
  readonly sender: Ipv4Address;
}

/** What is known of the way from one vantage point into a prefix or network, to be kept. */
export interface RankingRecord extends RecordPlace {
  readonly distance: number;
  readonly count: number;
  readonly at: number;
  readonly ingresses: readonly Ipv4Address[];
}

type Records = Map<Ipv4Address, VantagePointRecord>;

/** Silences in a row after which the packets of a vantage point count as filtered on the way to a prefix. */
const FILTERED = 2;
/** Vantage points of unknown distance that a target is given: more than any measurement asks. */
const MOST_UNKNOWN = 256;
const MONTH_MS = 30 * 86_400_000;

/**
 * Ranks vantage points by distance, and tells where their probes enter the target's prefix: those that share an ingress succeed and fail
 * together (IMC 2022, section 4.3). What is known of the prefix counts before what is known of its network, and that
 * before how many networks a vantage point reaches. A survey teaches it, and every later answer corrects it.
 */
export class IngressRanking implements VantagePointRanking {
  readonly #ipToAs: IpToAs;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #order: 'turns' | 'nearest';
  readonly #rates = new SuccessRates();
  readonly #byPrefix = new Map<number, Records>();
  readonly #byNetwork = new Map<number, Records>();
  /** How often in a row a prefix that answers others has not answered a vantage point. */
  readonly #silences = new Map<number, Map<Ipv4Address, number>>();
  readonly #changed = new Map<VantagePointRecord, RecordPlace>();
  readonly #ranked = new Map<number, readonly RankedVantagePoint[]>();
  /** Those that are connected, each with its turn among equals. */
  #vantagePoints: ReadonlyMap<Ipv4Address, number>;
  #global: readonly Ipv4Address[];

  constructor(options: IngressRankingOptions, collaborators: { readonly ipToAs: IpToAs; readonly clock: Clock }) {
    this.#vantagePoints = inOrder(options.vantagePoints);
    this.#global = options.vantagePoints;
    this.#maxAgeMs = options.maxAgeMs ?? MONTH_MS;
    this.#order = options.order ?? 'nearest';
    this.#ipToAs = collaborators.ipToAs;
    this.#clock = collaborators.clock;
  }

  rank(target: Ipv4Address): readonly RankedVantagePoint[] {
    const key = this.#prefixKey(target);
    let ranked = this.#ranked.get(key);
    if (ranked === undefined) {
      ranked = this.#compute(key, this.#networkKey(target));
      this.#ranked.set(key, ranked);
    }
    return ranked;
  }

  expectedDistance(sender: Ipv4Address, target: Ipv4Address): number | undefined {
    const near = this.#byPrefix.get(this.#prefixKey(target))?.get(sender);
    const wide = this.#byNetwork.get(this.#networkKey(target))?.get(sender);
    return near === undefined && wide === undefined ? undefined : blend(near, wide);
  }

  observe(sender: Ipv4Address, target: Ipv4Address, distance: number, stamps: readonly Ipv4Address[] = []): void {
    const [prefixKey, networkKey] = [this.#prefixKey(target), this.#networkKey(target)];
    const known = this.#ranked.get(prefixKey)?.find(({ address }) => address === sender);
    if (known !== undefined) this.#rates.observe(known.level, known.distance, distance < OUT_OF_REACH);
    this.#silences.get(prefixKey)?.delete(sender);
    const ingresses = this.#ingressesOf(target, stamps.slice(0, distance));
    this.#learn({ level: 'prefix', key: prefixKey, sender }, distance, ingresses);
    this.#learn({ level: 'network', key: networkKey, sender }, distance, undefined);
    // What is known of a network counts for all its prefixes, but not enough to rank them all anew.
    this.#ranked.delete(prefixKey);
  }

  observeSilence(sender: Ipv4Address, target: Ipv4Address): void {
    const key = this.#prefixKey(target);
    const bySender = this.#silences.get(key) ?? new Map<Ipv4Address, number>();
    this.#silences.set(key, bySender);
    bySender.set(sender, (bySender.get(sender) ?? 0) + 1);
    this.#ranked.delete(key);
  }

  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void {
    this.#vantagePoints = inOrder(vantagePoints);
    this.rankGlobally();
  }

  rankGlobally(): void {
    this.#global = mostReachingFirst(this.#vantagePoints.keys(), this.#byNetwork.values());
    this.#ranked.clear();
  }

  /** What has been learned since the last call. */
  takeChanges(): RankingRecord[] {
    const changes = [...this.#changed].map(([record, place]): RankingRecord => {
      const { distance, count, at, ingresses = [] } = record;
      return { ...place, distance, count, at, ingresses };
    });
    this.#changed.clear();
    return changes;
  }

  /** Puts back what was learned before. */
  restore(records: Iterable<RankingRecord>): void {
    for (const { level, key, sender, distance, count, at, ingresses } of records) {
      const record = new VantagePointRecord(distance, at, ingresses.length > 0 ? ingresses : undefined);
      record.count = count;
      recordsOf(level === 'prefix' ? this.#byPrefix : this.#byNetwork, key).set(sender, record);
    }
    this.rankGlobally();
  }

  /** Networks of which something is known, and prefixes. */
  get size(): { readonly prefixes: number; readonly networks: number } {
    return { prefixes: this.#byPrefix.size, networks: this.#byNetwork.size };
  }

  #learn(place: RecordPlace, distance: number, ingresses: readonly Ipv4Address[] | undefined): void {
    const records = recordsOf(place.level === 'prefix' ? this.#byPrefix : this.#byNetwork, place.key);
    const at = this.#clock.now();
    const known = records.get(place.sender);
    const record = known ?? new VantagePointRecord(distance, at, ingresses);
    if (known === undefined) records.set(place.sender, record);
    else known.observe(distance, at, ingresses);
    this.#changed.set(record, place);
  }

  #compute(prefixKey: number, networkKey: number): RankedVantagePoint[] {
    const silences = this.#silences.get(prefixKey);
    const isFiltered = (address: Ipv4Address): boolean => (silences?.get(address) ?? 0) >= FILTERED;
    const known = this.#knownOf(prefixKey, networkKey).filter(({ address }) => !isFiltered(address));
    const usable = groupByIngress(known.filter(({ distance }) => distance < USABLE));
    const ordered = this.#order === 'turns' ? inTurns(usable) : usable.flat().sort(byCertainDistance);
    const ranked = ordered.map(({ ingress, ...place }): RankedVantagePoint => {
      const found = { ...place, chance: this.#rates.chance(place.level, place.distance) };
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
    return ranked;
  }

  /** Those of which something is known, in the order of the vantage points. */
  #knownOf(prefixKey: number, networkKey: number): Known[] {
    const oldest = this.#clock.now() - this.#maxAgeMs;
    const [ofPrefix, ofNetwork] = [this.#byPrefix.get(prefixKey), this.#byNetwork.get(networkKey)];
    const fresh = (record: VantagePointRecord | undefined): VantagePointRecord | undefined =>
      record !== undefined && record.at >= oldest ? record : undefined;
    const known: Known[] = [];
    for (const address of new Set([...(ofPrefix?.keys() ?? []), ...(ofNetwork?.keys() ?? [])])) {
      const [near, wide] = [fresh(ofPrefix?.get(address)), fresh(ofNetwork?.get(address))];
      if ((near === undefined && wide === undefined) || !this.#vantagePoints.has(address)) continue;
      const level = near === undefined ? 'network' : 'prefix';
      known.push({ address, distance: blend(near, wide), level, ingresses: near?.ingresses ?? [] });
    }
    const turn = ({ address }: Known): number => this.#vantagePoints.get(address) ?? 0;
    return known.sort((a, b) => turn(a) - turn(b));
  }

  /** Hops inside the target's network, and the one right before: through these others may come in as well. */
  #ingressesOf(target: Ipv4Address, forward: readonly Ipv4Address[]): readonly Ipv4Address[] | undefined {
    const network = this.#ipToAs.originOf(target);
    const prefix = this.#ipToAs.prefixOf(target);
    if (network === undefined || prefix === undefined) return undefined;
    const first = forward.findIndex(
      (stamp) => this.#ipToAs.originOf(stamp) === network && !prefixContains(prefix, stamp),
    );
    const from = first < 0 ? forward.length - 1 : first - 1;
    const candidates = forward.slice(Math.max(0, from)).filter((stamp) => stamp !== target && stamp !== 0);
    return candidates.length === 0 ? undefined : candidates;
  }

  #prefixKey(target: Ipv4Address): number {
    const prefix = this.#ipToAs.prefixOf(target);
    // Prefixes of different lengths may begin with the same address.
    return prefix === undefined ? -1 : prefix.address * 64 + prefix.length;
  }

  #networkKey(target: Ipv4Address): number {
    return this.#ipToAs.originOf(target) ?? -1;
  }
}

function inOrder(vantagePoints: readonly Ipv4Address[]): ReadonlyMap<Ipv4Address, number> {
  return new Map(vantagePoints.map((vantagePoint, turn) => [vantagePoint, turn]));
}

function recordsOf(all: Map<number, Records>, key: number): Records {
  const records: Records = all.get(key) ?? new Map();
  all.set(key, records);
  return records;
}

interface Place {
  readonly address: Ipv4Address;
  readonly distance: number;
  readonly level: 'prefix' | 'network';
}

interface Known extends Place {
  readonly ingresses: readonly Ipv4Address[];
}

interface Grouped extends Place {
  /** Ingress that it shares with the others of its group; `undefined` when none is known. */
  readonly ingress: Ipv4Address | undefined;
}

/** Distance by what is known of a prefix and of its network: the network counts as one more answer. */
function blend(near: VantagePointRecord | undefined, wide: VantagePointRecord | undefined): number {
  if (near === undefined || wide === undefined) return (near ?? wide)?.distance ?? USABLE;
  return (near.count * near.distance + wide.distance) / (near.count + 1);
}

/** Groups by ingress, the one that most vantage points share first, each group nearest first; groups by their nearest. */
function groupByIngress(known: readonly Known[]): Grouped[][] {
  let left = [...known];
  const groups: Grouped[][] = [];
  while (left.length > 0) {
    const counts = new Map<Ipv4Address, number>();
    for (const { ingresses } of left)
      for (const ingress of ingresses) counts.set(ingress, (counts.get(ingress) ?? 0) + 1);
    const [ingress, members] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [-1, 0]);
    if (members < 2) break;
    const isMember = ({ ingresses }: Known): boolean => ingresses.includes(ingress);
    groups.push(
      left
        .filter(isMember)
        .map((entry) => grouped(entry, ingress))
        .sort(byDistance),
    );
    left = left.filter((entry) => !isMember(entry));
  }
  // Each of those that share none is a group of its own, and of equals the ones whose ingress is known come first.
  const singles = left.map((entry) => [grouped(entry, entry.ingresses.at(0))]);
  groups.push(...singles.filter(([{ ingress }]) => ingress !== undefined));
  groups.push(...singles.filter(([{ ingress }]) => ingress === undefined));
  return groups.sort(([a], [b]) => byDistance(a, b));
}

function grouped({ address, distance, level }: Known, ingress: Ipv4Address | undefined): Grouped {
  return { address, distance, level, ingress };
}

/** The nearest of each group, then the second of each, and so on. */
function inTurns(groups: readonly Grouped[][]): Grouped[] {
  const longest = Math.max(0, ...groups.map(({ length }) => length));
  return Array.from({ length: longest }, (_, turn) => groups.flatMap((group) => group.slice(turn, turn + 1))).flat();
}

const byDistance = (a: Place, b: Place): number => a.distance - b.distance;

/** Of a network's other prefixes less is known, but what is near is near. */
const byCertainDistance = (a: Place, b: Place): number => certainDistance(a) - certainDistance(b);
const certainDistance = ({ distance, level }: Place): number => distance + (level === 'prefix' ? 0 : 0.5);
