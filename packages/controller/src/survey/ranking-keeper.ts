import type { IngressRanking } from '@revtr/engine';
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

/** Keeps what the ranking of vantage points has learned in the database: back at the start, changes every minute. */
export class RankingKeeper {
  readonly #ranking: IngressRanking;
  readonly #records: RankingRecords;
  readonly #log: Logger;
  readonly #storingChanges: Periodic;
  #storing: Promise<void> = Promise.resolve();

  constructor(collaborators: {
    readonly ranking: IngressRanking;
    readonly records: RankingRecords;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
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
  }

  /** Reads what is stored. Rows that are damaged are left out. */
  async open(): Promise<void> {
    const rows = await this.#records.latest();
    const records = rows.flatMap((row) => rowSchema.safeParse(row).data ?? []);
    if (records.length < rows.length)
      this.#log.error({ damaged: rows.length - records.length }, 'rows of the stored ranking could not be read');
    this.#ranking.restore(records);
  }

  start(): void {
    this.#storingChanges.start();
  }

  async stop(): Promise<void> {
    await this.#storingChanges.stop();
    await this.flush();
  }

  /** Stores what has changed. */
  flush(): Promise<void> {
    this.#storing = this.#storing.then(async () => {
      const changed = this.#ranking.takeChanges();
      try {
        await this.#records.put(
          changed.map(({ sender, at, ingresses, ...record }) => ({
            ...record,
            sender: formatIpv4(sender),
            at: new Date(at),
            ingresses: ingresses.map(formatIpv4),
          })),
        );
      } catch (error) {
        // The ranking in memory stays right; what the database lacks is learned again.
        this.#log.error({ err: error }, 'the ranking could not be stored');
      }
    });
    return this.#storing;
  }
}

const STORE_MS = 60_000;
