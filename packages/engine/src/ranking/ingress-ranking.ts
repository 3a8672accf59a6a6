import { type Ipv4Address, prefixContains } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { IpToAs } from '../facts/ip-to-as.ts';
import { OUT_OF_REACH, type RankedVantagePoint, type VantagePointRanking } from './ranking.ts';
import { SuccessRates } from './success-rates.ts';
import { VantagePointRecord } from './vantage-point-record.ts';

export interface IngressRankingOptions {
  readonly vantagePoints: readonly Ipv4Address[];
  /** Knowledge older than this is used as if it were not there, milliseconds. Default 30 days. */
  readonly maxAgeMs?: number;
}

type Records = Map<Ipv4Address, VantagePointRecord>;

/** Distances up to this leave room for the way back; means may lie between whole slots. */
const USABLE = OUT_OF_REACH - 0.5;
const MONTH_MS = 30 * 86_400_000;

/**
 * Ranks vantage points by where their probes enter the target's prefix (IMC 2022, section 4.3): the nearest of each ingress first, since
 * those that share one succeed and fail together. What is known of the prefix comes first, then of its network, then those that
 * reach most networks. A survey teaches it, and every later answer corrects it.
 */
export class IngressRanking implements VantagePointRanking {
  readonly #ipToAs: IpToAs;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #rates = new SuccessRates();
  readonly #byPrefix = new Map<number, Records>();
  readonly #byNetwork = new Map<number, Records>();
  readonly #ranked = new Map<number, readonly RankedVantagePoint[]>();
  #vantagePoints: readonly Ipv4Address[];
  #isLive: ReadonlySet<Ipv4Address>;
  #global: readonly Ipv4Address[];

  constructor(options: IngressRankingOptions, collaborators: { readonly ipToAs: IpToAs; readonly clock: Clock }) {
    this.#vantagePoints = options.vantagePoints;
    this.#isLive = new Set(options.vantagePoints);
    this.#global = options.vantagePoints;
    this.#maxAgeMs = options.maxAgeMs ?? MONTH_MS;
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
    return (
      this.#byPrefix.get(this.#prefixKey(target))?.get(sender) ??
      this.#byNetwork.get(this.#networkKey(target))?.get(sender)
    )?.distance;
  }

  observe(sender: Ipv4Address, target: Ipv4Address, distance: number, stamps: readonly Ipv4Address[] = []): void {
    const [prefixKey, networkKey] = [this.#prefixKey(target), this.#networkKey(target)];
    const known = this.#ranked.get(prefixKey)?.find(({ address }) => address === sender);
    if (known !== undefined) this.#rates.observe(known.level, known.distance, distance < OUT_OF_REACH);
    const ingresses = this.#ingressesOf(target, stamps.slice(0, distance));
    learn(this.#byPrefix, prefixKey, sender, distance, this.#clock.now(), ingresses);
    learn(this.#byNetwork, networkKey, sender, distance, this.#clock.now(), undefined);
    this.#ranked.delete(prefixKey);
  }

  setVantagePoints(vantagePoints: readonly Ipv4Address[]): void {
    this.#vantagePoints = vantagePoints;
    this.#isLive = new Set(vantagePoints);
    this.rankGlobally();
  }

  rankGlobally(): void {
    const reached = new Map(this.#vantagePoints.map((vantagePoint) => [vantagePoint, 0]));
    for (const records of this.#byNetwork.values())
      for (const [sender, { distance }] of records)
        if (distance < USABLE && reached.has(sender)) reached.set(sender, (reached.get(sender) ?? 0) + 1);
    this.#global = [...this.#vantagePoints].sort((a, b) => (reached.get(b) ?? 0) - (reached.get(a) ?? 0));
    this.#ranked.clear();
  }

  /** Networks of which something is known, and prefixes. */
  get size(): { readonly prefixes: number; readonly networks: number } {
    return { prefixes: this.#byPrefix.size, networks: this.#byNetwork.size };
  }

  #compute(prefixKey: number, networkKey: number): RankedVantagePoint[] {
    const oldest = this.#clock.now() - this.#maxAgeMs;
    const seen = new Set<Ipv4Address>();
    const take = (records: Records | undefined, level: 'prefix' | 'network'): RankedVantagePoint[] => {
      const fresh = [...(records ?? [])].filter(
        ([address, { at }]) => at >= oldest && this.#isLive.has(address) && !seen.has(address),
      );
      for (const [address] of fresh) seen.add(address);
      const usable = fresh.filter(([, { distance }]) => distance < USABLE);
      return inTurns(usable).map(([address, { distance }]) => ({
        address,
        distance,
        level,
        chance: this.#rates.chance(level, distance),
      }));
    };
    const nearest = [
      ...take(this.#byPrefix.get(prefixKey), 'prefix'),
      ...take(this.#byNetwork.get(networkKey), 'network'),
    ];
    const others = this.#global.filter((address) => !seen.has(address));
    const unknown = others.map(
      (address): RankedVantagePoint => ({
        address,
        distance: USABLE,
        level: 'unknown',
        chance: this.#rates.chance('unknown', USABLE),
      }),
    );
    return [...nearest, ...unknown];
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

function learn(
  records: Map<number, Records>,
  key: number,
  sender: Ipv4Address,
  distance: number,
  at: number,
  ingresses: readonly Ipv4Address[] | undefined,
): void {
  const bySender: Records = records.get(key) ?? new Map();
  records.set(key, bySender);
  const known = bySender.get(sender);
  if (known === undefined) bySender.set(sender, new VantagePointRecord(distance, at, ingresses));
  else known.observe(distance, at, ingresses);
}

/**
 * The nearest of each ingress, then the second of each, and so on. Ingresses are chosen greedily, the one that most vantage points
 * share first; they follow each other by their nearest vantage point.
 */
function inTurns(records: readonly [Ipv4Address, VantagePointRecord][]): [Ipv4Address, VantagePointRecord][] {
  const left = new Map(records);
  const groups: [Ipv4Address, VantagePointRecord][][] = [];
  while (left.size > 0) {
    const counts = new Map<Ipv4Address, number>();
    for (const { ingresses } of left.values())
      for (const ingress of ingresses ?? []) counts.set(ingress, (counts.get(ingress) ?? 0) + 1);
    const [best] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [-1, 0]);
    const group = [...left].filter(([, { ingresses }]) => best < 0 || ingresses?.includes(best) === true);
    for (const [address] of group) left.delete(address);
    // Of those without a known ingress each is a group of its own.
    if (best < 0) for (const entry of group) groups.push([entry]);
    else groups.push(group.sort(byDistance));
  }
  groups.sort(([a], [b]) => byDistance(a, b));
  const ordered: [Ipv4Address, VantagePointRecord][] = [];
  for (let turn = 0; ordered.length < records.length; turn++)
    for (const group of groups) if (turn < group.length) ordered.push(group[turn]);
  return ordered;
}

const byDistance = (a: [Ipv4Address, VantagePointRecord], b: [Ipv4Address, VantagePointRecord]): number =>
  a[1].distance - b[1].distance;
