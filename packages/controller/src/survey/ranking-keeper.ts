import type { IngressRanking, RankingRecord } from '@revtr/engine';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { RankingRecords } from '@revtr/storage';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Periodic } from '../foundation/periodic.ts';

const addressSchema = z.ipv4().transform(parseIpv4);
const rowSchema = z.object({
  level: z.enum(['prefix', 'network']),
  key: z.number(),
  sender: addressSchema,
  distance: z.number(),
  count: z.int(),
  at: z.date().transform((at) => at.getTime()),
  ingresses: z.array(addressSchema),
});

export interface RankingKeeperOptions {
  /** How long a record is kept after the last answer, days. */
  readonly keptDays: number;
}

const STORE_MS = 60_000;
const FORGET_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Stores changes of the ranking of vantage points every minute, restores the ranking at the start, and forgets what is old. */
export class RankingKeeper {
  readonly #options: RankingKeeperOptions;
  readonly #ranking: IngressRanking;
  readonly #records: RankingRecords;
  readonly #log: Logger;
  readonly #onStored: (records: readonly RankingRecord[]) => void;
  readonly #storingChanges: Periodic;
  readonly #forgetting: Periodic;
  /** Changes that are not stored yet, the latest of each record. */
  readonly #unstored = new Map<string, RankingRecord>();
  #storing: Promise<void> = Promise.resolve();

  constructor(
    options: RankingKeeperOptions,
    collaborators: {
      readonly ranking: IngressRanking;
      readonly records: RankingRecords;
      readonly clock: Clock;
      readonly log: Logger;
      /** Called with the changes that were stored, which other processes must know. */
      readonly onStored?: (records: readonly RankingRecord[]) => void;
    },
  ) {
    this.#options = options;
    this.#onStored = collaborators.onStored ?? (() => undefined);
    this.#ranking = collaborators.ranking;
    this.#records = collaborators.records;
    this.#log = collaborators.log;
    this.#storingChanges = new Periodic(
      { everyMs: STORE_MS },
      {
        clock: collaborators.clock,
        work: () => this.flush(),
        onError: (error) => this.#log.error({ err: error }, 'the ranking could not be stored'),
      },
    );
    this.#forgetting = new Periodic(
      { everyMs: FORGET_MS },
      {
        clock: collaborators.clock,
        work: async () => this.#forgetOld(),
        onError: (error) => this.#log.error({ err: error }, 'old records of the ranking could not be forgotten'),
      },
    );
  }

  /** Reads what is stored. Rows that are damaged are left out. */
  async open(): Promise<void> {
    const rows = await this.#records.latest();
    const records = rows.flatMap((row) => rowSchema.safeParse(row).data ?? []);
    if (records.length < rows.length)
      this.#log.error({ damaged: rows.length - records.length }, 'rows of the stored ranking could not be read');
    this.#ranking.restore(records);
    this.#forgetOld();
  }

  start(): void {
    this.#storingChanges.start();
    this.#forgetting.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#storingChanges.stop(), this.#forgetting.stop()]);
    await this.flush();
  }

  /** Stores what has changed. Resolves also when that fails: the changes are then tried again with the next ones. */
  flush(): Promise<void> {
    this.#storing = this.#storing.then(() => this.#store());
    return this.#storing;
  }

  #forgetOld(): void {
    this.#ranking.forgetOlderThan(this.#options.keptDays * DAY_MS);
  }

  async #store(): Promise<void> {
    for (const record of this.#ranking.takeChanges())
      this.#unstored.set(`${record.level} ${record.key} ${record.sender}`, record);
    try {
      await this.#records.put(
        [...this.#unstored.values()].map(({ sender, at, ingresses, ...record }) => ({
          ...record,
          sender: formatIpv4(sender),
          at: new Date(at),
          ingresses: ingresses.map(formatIpv4),
        })),
      );
      this.#onStored([...this.#unstored.values()]);
      this.#unstored.clear();
    } catch (error) {
      this.#log.error({ err: error }, 'the ranking of vantage points could not be stored; the controller tries again');
    }
  }
}
