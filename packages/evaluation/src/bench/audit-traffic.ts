import type { AuditRecord } from '@revtr/controller';
import type { Random } from '@revtr/probing';

const AGENTS = 200;
const SOURCES = 50;
const USERS = 20;
/** Routers that many paths share, and the share of probes that go to them. */
const ROUTERS = 200_000;
const TO_ROUTERS = 0.6;
const SPOOFED = 0.4;
const PROBES_PER_MEASUREMENT = 12;
const MEASUREMENTS_PER_BATCH = 2_000;
/** Measurements in progress at once. */
const IN_PROGRESS = 500;

/** Makes records of probes as many measurements at once cause them, at an even rate. */
export class AuditTraffic {
  readonly #options: { readonly packets: number; readonly from: number; readonly to: number };
  readonly #random: Random;
  readonly #routers: readonly number[];
  readonly #kept: AuditRecord[] = [];
  #made = 0;

  constructor(
    options: { readonly packets: number; readonly from: number; readonly to: number },
    collaborators: { readonly random: Random },
  ) {
    this.#options = options;
    this.#random = collaborators.random;
    this.#routers = Array.from({ length: ROUTERS }, () => this.#address());
  }

  /** The next records in order of time. */
  next(count: number): AuditRecord[] {
    const records = Array.from({ length: count }, () => this.#record());
    this.#kept.push(records[this.#random.below(count)]);
    return records;
  }

  /** Some of the records made so far, spread over time. */
  samples(count: number): AuditRecord[] {
    return Array.from({ length: count }, () => this.#kept[this.#random.below(this.#kept.length)]);
  }

  #record(): AuditRecord {
    const { packets, from, to } = this.#options;
    const random = this.#random;
    const at = Math.floor(from + ((to - from) * this.#made) / packets);
    const measurement = 1 + Math.floor(this.#made / PROBES_PER_MEASUREMENT) + random.below(IN_PROGRESS);
    this.#made++;
    const batchId = 1 + Math.floor(measurement / MEASUREMENTS_PER_BATCH);
    const isSpoofed = random.next() < SPOOFED;
    const isToRouter = random.next() < TO_ROUTERS;
    return {
      at,
      kind: isSpoofed ? 'recordRoute' : 'ping',
      packets: 1,
      sender: 0x0a00_0001 + random.below(AGENTS),
      // Squaring makes some routers much more frequent than others.
      target: isToRouter ? this.#routers[Math.floor(random.next() ** 2 * ROUTERS)] : this.#address(),
      claimedSource: isSpoofed ? 0x0b00_0001 + (measurement % SOURCES) : undefined,
      mark: isSpoofed ? random.below(0x7fff_ffff) : 0,
      cause: 'measurement',
      technique: isSpoofed ? 'spoofedRecordRoute' : 'roundTripTimes',
      causeId: measurement,
      batchId,
      userId: 1 + (batchId % USERS),
      keyId: 1 + (batchId % USERS),
    };
  }

  /** An address of a random /24 in use, of which the Internet has about twelve million. */
  #address(): number {
    return 0x0100_0000 + this.#random.below(12_000_000) * 0x100 + this.#random.below(256);
  }
}
