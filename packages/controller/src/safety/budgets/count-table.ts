/** Packets counted for one subject. */
interface Counts {
  /** Packets of all kinds since midnight UTC. */
  readonly packets: number;
  /** Those of them with IP options. */
  readonly optionPackets: number;
}

/** Counts as they are stored: of a subject, or, as `floor`, the least that is assumed of every subject that has lost its place. */
export interface StoredCounts extends Counts {
  readonly type: 'subject' | 'floor';
  /** Number of the subject, or of the bucket of a floor. */
  readonly key: number;
}

const WAYS = 8;
/** Odd, near 2^32 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, section 6.4). */
const MULTIPLIER = 0x9e3779b1;

/**
 * Counts of packets by subject (a number from 1 to 2^32 - 1) in a fixed amount of memory: 32 bytes for each place. A subject may be in one of
 * eight places. When all are taken, the subject with the fewest packets loses its place, and every subject of that bucket without a place is
 * from then on assumed to have at least as many (as in Space-Saving: Metwally, Agrawal and El Abbadi, ICDT 2005). A count is therefore never
 * too low, and is exact as long as the bucket has room.
 */
export class CountTable {
  readonly #bits: number;
  readonly #keys: Uint32Array;
  readonly #packets: Uint32Array;
  readonly #optionPackets: Uint32Array;
  /** When the packets so far would have been sent at the rate of the limit, milliseconds since the Unix epoch. */
  readonly #paidUntil: Float64Array;
  readonly #optionPaidUntil: Float64Array;
  /** Behind the places: one entry for each bucket, that of the subjects without a place. */
  readonly #floorStart: number;
  readonly #isChanged: Uint8Array;
  #changed: number[] = [];

  /** @param capacity places; a power of two, at least 8 */
  constructor(capacity: number) {
    const buckets = capacity / WAYS;
    this.#bits = Math.log2(buckets);
    this.#floorStart = capacity;
    this.#keys = new Uint32Array(capacity);
    const entries = capacity + buckets;
    this.#packets = new Uint32Array(entries);
    this.#optionPackets = new Uint32Array(entries);
    this.#paidUntil = new Float64Array(entries);
    this.#optionPaidUntil = new Float64Array(entries);
    this.#isChanged = new Uint8Array(entries);
  }

  /** Where a subject is counted, for the methods below; for a subject without a place, the floor of its bucket. */
  find(key: number): number {
    const bucket = this.#bucketOf(key);
    const first = bucket * WAYS;
    for (let place = first; place < first + WAYS; place++) if (this.#keys[place] === key) return place;
    return this.#floorStart + bucket;
  }

  packets(place: number): number {
    return this.#packets[place];
  }

  optionPackets(place: number): number {
    return this.#optionPackets[place];
  }

  paidUntil(place: number): number {
    return this.#paidUntil[place];
  }

  optionPaidUntil(place: number): number {
    return this.#optionPaidUntil[place];
  }

  /** Gives a subject a place if it has none. */
  claim(key: number): number {
    const bucket = this.#bucketOf(key);
    const first = bucket * WAYS;
    let fewest = first;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#keys[place] === key) return place;
      // A free place comes before one that was not used today.
      if (this.#rank(place) < this.#rank(fewest)) fewest = place;
    }
    const floor = this.#floorStart + bucket;
    if (this.#keys[fewest] !== 0) this.#raise(floor, fewest);
    this.#keys[fewest] = key;
    this.#packets[fewest] = this.#packets[floor];
    this.#optionPackets[fewest] = this.#optionPackets[floor];
    this.#paidUntil[fewest] = this.#paidUntil[floor];
    this.#optionPaidUntil[fewest] = this.#optionPaidUntil[floor];
    return fewest;
  }

  /** Adds packets to the count of the day; fewer than none takes them back. */
  add(place: number, packets: number, optionPackets: number): void {
    this.#packets[place] = Math.max(0, this.#packets[place] + packets);
    this.#optionPackets[place] = Math.max(0, this.#optionPackets[place] + optionPackets);
    this.#markChanged(place);
  }

  setPaidUntil(place: number, at: number): void {
    this.#paidUntil[place] = at;
  }

  setOptionPaidUntil(place: number, at: number): void {
    this.#optionPaidUntil[place] = at;
  }

  /** Begins a new day: no packets so far. */
  startDay(): void {
    this.#packets.fill(0);
    this.#optionPackets.fill(0);
    this.#isChanged.fill(0);
    this.#changed = [];
  }

  /** The subjects with packets today, in no order. */
  *subjects(): Generator<StoredCounts> {
    for (let place = 0; place < this.#floorStart; place++) if (this.#packets[place] > 0) yield this.#read(place);
  }

  /** All counts of today. */
  *all(): Generator<StoredCounts> {
    for (let place = 0; place < this.#packets.length; place++) if (this.#packets[place] > 0) yield this.#read(place);
  }

  /** The counts that have changed since the last call. */
  takeChanged(): StoredCounts[] {
    const changed = this.#changed.map((place) => this.#read(place));
    for (const place of this.#changed) this.#isChanged[place] = 0;
    this.#changed = [];
    return changed;
  }

  /** Adds counts that were stored: the higher one of those stored and those counted holds. */
  restore({ type, key, packets, optionPackets }: StoredCounts): void {
    if (type === 'floor' && key >= this.#packets.length - this.#floorStart) return;
    const place = type === 'floor' ? this.#floorStart + key : this.claim(key);
    this.#packets[place] = Math.max(this.#packets[place], packets);
    this.#optionPackets[place] = Math.max(this.#optionPackets[place], optionPackets);
  }

  #read(place: number): StoredCounts {
    const counts = { packets: this.#packets[place], optionPackets: this.#optionPackets[place] };
    if (place < this.#floorStart) return { type: 'subject', key: this.#keys[place], ...counts };
    return { type: 'floor', key: place - this.#floorStart, ...counts };
  }

  #rank(place: number): number {
    return this.#keys[place] === 0 ? -1 : this.#packets[place];
  }

  #raise(floor: number, place: number): void {
    this.#packets[floor] = Math.max(this.#packets[floor], this.#packets[place]);
    this.#optionPackets[floor] = Math.max(this.#optionPackets[floor], this.#optionPackets[place]);
    this.#paidUntil[floor] = Math.max(this.#paidUntil[floor], this.#paidUntil[place]);
    this.#optionPaidUntil[floor] = Math.max(this.#optionPaidUntil[floor], this.#optionPaidUntil[place]);
    this.#markChanged(floor);
  }

  #markChanged(place: number): void {
    if (this.#isChanged[place] === 1) return;
    this.#isChanged[place] = 1;
    this.#changed.push(place);
  }

  #bucketOf(key: number): number {
    return this.#bits === 0 ? 0 : Math.imul(key, MULTIPLIER) >>> (32 - this.#bits);
  }
}
