import { type Kysely, sql } from 'kysely';
import { isRefusedWith } from '../errors.ts';
import type { Schema } from '../schema/schema.ts';

/** Records that were made before these times are deleted. */
export interface RecordAges {
  readonly mails: Date;
  readonly agentTests: Date;
  readonly atlases: Date;
  readonly atlasRuns: Date;
  readonly refusedApplications: Date;
  /** What the ranking has learned, by its last answer, and alias evidence, by when it was last seen. */
  readonly ranking: Date;
  readonly aliasEvidence: Date;
  /** Keys that were revoked or expired, and accounts that were deleted: the audit names their numbers. */
  readonly endedIdentities: Date;
}

/** SQLSTATE of a row that cannot be deleted because another one refers to it. */
const REFERRED_TO = '23503';

/** Deletes records that nobody needs any more. */
export class OldRecords {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /**
   * Deletes records by their age, and sessions that ended by `now` or were not used after `sessionsUsedAfter`. The runs that show that the system has paid
   * for the atlas of a source stay, as do accounts to which another record refers.
   */
  async deleteBefore(ages: RecordAges, now: Date, sessionsUsedAfter: Date): Promise<void> {
    const db = this.#db;
    await db.deleteFrom('mails').where('created_at', '<', ages.mails).execute();
    await db.deleteFrom('agent_tests').where('tested_at', '<', ages.agentTests).execute();
    for (const table of ['atlas_traceroutes', 'atlas_tails'] as const)
      await db.deleteFrom(table).where('measured_at', '<', ages.atlases).execute();
    await db
      .deleteFrom('atlas_runs')
      .where('ended_at', '<', ages.atlasRuns)
      .where((of) =>
        of.not(
          of.and([
            of('payer', '=', 'system'),
            of('cause', 'not in', ['refresh', 'onDemand']),
            of('state', '=', 'done'),
            of('spent_credits', '>', 0),
          ]),
        ),
      )
      .execute();
    await db
      .deleteFrom('applications')
      .where('state', '=', 'refused')
      .where('decided_at', '<', ages.refusedApplications)
      .execute();
    await db.deleteFrom('ranking_records').where('at', '<', ages.ranking).execute();
    await db.deleteFrom('alias_evidence').where('last_seen', '<', ages.aliasEvidence).execute();
    await this.#deleteSessions(now, sessionsUsedAfter);
    await this.#deleteIdentities(ages.endedIdentities);
  }

  async #deleteSessions(now: Date, usedAfter: Date): Promise<void> {
    await this.#db
      .deleteFrom('sessions')
      .where(({ eb, or }) => or([eb('expires_at', '<=', now), eb('last_used_at', '<=', usedAfter)]))
      .execute();
  }

  async #deleteIdentities(before: Date): Promise<void> {
    await this.#db.transaction().execute(async (db) => {
      // A key that the settings gave and that was revoked stays: no later setting must bring it back.
      const ended = db
        .selectFrom('api_keys')
        .select('id')
        .where('origin', '=', 'user')
        .where(sql<Date>`coalesce(revoked_at, expires_at)`, '<', before);
      await db.deleteFrom('sessions').where('key_id', 'in', ended).execute();
      await db.deleteFrom('api_keys').where('id', 'in', ended).execute();
    });
    await this.#deleteUsers(before);
  }

  async #deleteUsers(before: Date): Promise<void> {
    const { rows } = await sql<{ id: number }>`
      select id from users where deleted_at < ${before}
        and not exists (select from kill_switches where set_by = users.id)
        and not exists (select from agents where user_id = users.id)
        and not exists (select from atlas_runs where user_id = users.id)
        and not exists (select from applications where user_id = users.id or decided_by = users.id)
        and not exists (select from cold_file_users where user_id = users.id)`.execute(this.#db);
    // One by one: a record of another kind may refer to one of them, and must not keep the others.
    for (const { id } of rows)
      await this.#db
        .deleteFrom('users')
        .where('id', '=', id)
        .execute()
        .catch((error: unknown) => {
          if (!isRefusedWith(error, REFERRED_TO)) throw error;
        });
  }
}
