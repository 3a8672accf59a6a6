import type { Clock } from '@revtr/probing';
import type { OldRecords } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';
import type { Retention } from './retention.ts';

export interface RecordKeeperOptions {
  readonly retention: Retention;
  /** How long the audit is kept, which names users and keys by their numbers, days. */
  readonly auditDays: number;
  /** A session that was not used for so long has ended, milliseconds. */
  readonly sessionIdleMs: number;
}

export interface RecordKeeperCollaborators {
  readonly records: Pick<OldRecords, 'deleteBefore'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;

/** Deletes old records once an hour, for all processes. */
export class RecordKeeper {
  readonly #options: RecordKeeperOptions;
  readonly #collaborators: RecordKeeperCollaborators;
  readonly #series: Periodic;

  constructor(options: RecordKeeperOptions, collaborators: RecordKeeperCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#series = new Periodic(
      { everyMs: EVERY_MS, isImmediate: true },
      {
        clock,
        work: () => this.run(),
        onError: (error) => log.error({ err: error }, 'old records could not be deleted; trying again in an hour'),
      },
    );
  }

  start(): void {
    this.#series.start();
  }

  stop(): Promise<void> {
    return this.#series.stop();
  }

  /** Deletes what is too old now. Rejects with what failed. */
  async run(): Promise<void> {
    const { records, clock } = this.#collaborators;
    const { retention, auditDays, sessionIdleMs } = this.#options;
    const now = clock.now();
    const daysAgo = (days: number): Date => new Date(now - days * DAY_MS);
    await records.deleteBefore(
      {
        mails: daysAgo(retention.mailDays),
        agentTests: daysAgo(retention.agentTestDays),
        atlases: daysAgo(retention.atlasDays),
        atlasRuns: daysAgo(retention.atlasRunDays),
        ranking: daysAgo(retention.rankingDays),
        aliasEvidence: daysAgo(retention.aliasEvidenceDays),
        refusedApplications: daysAgo(retention.refusedApplicationDays),
        endedIdentities: daysAgo(auditDays),
      },
      new Date(now),
      new Date(now - sessionIdleMs),
    );
  }
}
