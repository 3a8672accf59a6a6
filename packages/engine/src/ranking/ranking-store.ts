import type { Ipv4Address } from '@revtr/net';
import type { TargetPlace } from '../facts/target-place.ts';
import { USABLE } from './reach.ts';
import { VantagePointRecord } from './vantage-point-record.ts';

interface RecordPlace {
  readonly level: 'prefix' | 'network';
  /** Key of the prefix or network. A prefix is `address * 64 + length`, a network its AS number; -1 stands for unknown. */
  readonly key: number;
  readonly sender: Ipv4Address;
}

/** What is known of the path from one vantage point into a prefix or network, in the form in which it is persisted. */
export interface RankingRecord extends RecordPlace {
  /** Running mean of the Record Route distance, in slots of the option. */
  readonly distance: number;
  /** Answers that the mean counts. */
  readonly count: number;
  /** Time of the last answer, milliseconds since the Unix epoch. */
  readonly at: number;
  /** Routers that every answer so far came in by; empty when none is known. */
  readonly ingresses: readonly Ipv4Address[];
}

/** A vantage point of which something is known for a target. */
export interface KnownVantagePoint {
  readonly address: Ipv4Address;
  /** Expected Record Route distance, in slots of the option. */
  readonly distance: number;
  /** The most specific level at which something is known. */
  readonly level: 'prefix' | 'network';
  /** Routers by which its packets may enter the target's prefix. */
  readonly ingresses: readonly Ipv4Address[];
}

type Records = Map<Ipv4Address, VantagePointRecord>;

const NO_INGRESSES: readonly Ipv4Address[] = [];

/** What answers have shown of the paths from vantage points into prefixes and networks, and what of it is not persisted yet. */
export class RankingStore {
  readonly #byPrefix = new Map<number, Records>();
  readonly #byNetwork = new Map<number, Records>();
  readonly #changed = new Map<VantagePointRecord, RecordPlace>();

  /**
   * Learns from one answer, for the prefix and for the network.
   *
   * @param answer `distance` in slots; `at` in milliseconds since the Unix epoch; `ingresses` only where the stamps show them
   */
  learn(
    { prefix, network }: TargetPlace,
    sender: Ipv4Address,
    answer: { readonly distance: number; readonly at: number; readonly ingresses: readonly Ipv4Address[] | undefined },
  ): void {
    this.#learn({ level: 'prefix', key: prefix, sender }, answer.distance, answer.at, answer.ingresses);
    this.#learn({ level: 'network', key: network, sender }, answer.distance, answer.at, undefined);
  }

  /**
   * Expected distance from one vantage point, in slots; `undefined` when nothing is known that is not older than `oldest` (milliseconds since
   * the Unix epoch).
   */
  distance({ prefix, network }: TargetPlace, sender: Ipv4Address, oldest: number): number | undefined {
    const near = freshOnly(this.#byPrefix.get(prefix)?.get(sender), oldest);
    const wide = freshOnly(this.#byNetwork.get(network)?.get(sender), oldest);
    return near === undefined && wide === undefined ? undefined : blend(near, wide);
  }

  /** Vantage points of which something is known that is not older than `oldest` (milliseconds since the Unix epoch). */
  known({ prefix, network }: TargetPlace, oldest: number): KnownVantagePoint[] {
    const [ofPrefix, ofNetwork] = [this.#byPrefix.get(prefix), this.#byNetwork.get(network)];
    const known: KnownVantagePoint[] = [];
    const add = (address: Ipv4Address, ofNear: VantagePointRecord | undefined, ofWide: typeof ofNear): void => {
      const near = freshOnly(ofNear, oldest);
      const wide = freshOnly(ofWide, oldest);
      if (near === undefined && wide === undefined) return;
      const level = near === undefined ? 'network' : 'prefix';
      known.push({ address, distance: blend(near, wide), level, ingresses: near?.ingresses ?? NO_INGRESSES });
    };
    for (const [address, near] of ofPrefix ?? []) add(address, near, ofNetwork?.get(address));
    for (const [address, wide] of ofNetwork ?? []) if (ofPrefix?.has(address) !== true) add(address, undefined, wide);
    return known;
  }

  /** Records of each network, by vantage point. */
  networks(): Iterable<ReadonlyMap<Ipv4Address, VantagePointRecord>> {
    return this.#byNetwork.values();
  }

  /** Returns what was learned since the last call. */
  takeChanges(): RankingRecord[] {
    const changes = [...this.#changed].map(([record, place]): RankingRecord => {
      const { distance, count, at, ingresses = [] } = record;
      return { ...place, distance, count, at, ingresses };
    });
    this.#changed.clear();
    return changes;
  }

  /** Restores persisted records. They do not count as changes. */
  restore(records: Iterable<RankingRecord>): void {
    for (const { level, key, sender, distance, count, at, ingresses } of records) {
      const record = new VantagePointRecord(distance, at, ingresses.length > 0 ? ingresses : undefined);
      record.count = count;
      this.#recordsOf(level, key).set(sender, record);
    }
  }

  /** Forgets the records whose last answer came before `oldest`, milliseconds since the Unix epoch. */
  forgetBefore(oldest: number): void {
    for (const all of [this.#byPrefix, this.#byNetwork])
      for (const [key, records] of all) {
        for (const [sender, record] of records) if (record.at < oldest) records.delete(sender);
        if (records.size === 0) all.delete(key);
      }
  }

  /** How many prefixes and networks something is known of. */
  get size(): { readonly prefixes: number; readonly networks: number } {
    return { prefixes: this.#byPrefix.size, networks: this.#byNetwork.size };
  }

  #learn(place: RecordPlace, distance: number, at: number, ingresses: readonly Ipv4Address[] | undefined): void {
    const records = this.#recordsOf(place.level, place.key);
    const known = records.get(place.sender);
    const record = known ?? new VantagePointRecord(distance, at, ingresses);
    if (known === undefined) records.set(place.sender, record);
    else known.observe(distance, at, ingresses);
    this.#changed.set(record, place);
  }

  #recordsOf(level: RecordPlace['level'], key: number): Records {
    const all = level === 'prefix' ? this.#byPrefix : this.#byNetwork;
    const records: Records = all.get(key) ?? new Map();
    all.set(key, records);
    return records;
  }
}

const freshOnly = (record: VantagePointRecord | undefined, oldest: number): VantagePointRecord | undefined =>
  record !== undefined && record.at >= oldest ? record : undefined;

/** Distance by what is known of a prefix and of its network: the network counts as one more answer. */
function blend(near: VantagePointRecord | undefined, wide: VantagePointRecord | undefined): number {
  if (near === undefined || wide === undefined) return (near ?? wide)?.distance ?? USABLE;
  return (near.count * near.distance + wide.distance) / (near.count + 1);
}
