import type { Kysely } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanText } from '../access/text.ts';
import type { AuditEvent } from '../schema/audit.ts';
import type { Schema } from '../schema/schema.ts';

/** An event before it is stored. Texts are cut and cleaned when they are stored. */
export type NewAuditEvent = Omit<AuditEvent, 'id'>;

/** Which events to list. What is left out does not matter. */
export interface AuditEventQuery {
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  readonly kind?: string | undefined;
  readonly userId?: number | undefined;
  readonly client?: string | undefined;
}

const LONGEST_NAME = 200;
const LONGEST_DETAIL = 2_000;
const ROWS_PER_INSERT = 1_000;

/** Refusals, logins and actions of operators. */
export class AuditEventRecords {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores events and returns their ids. Client and subject are cut to 200 characters, the detail to 2,000. */
  async add(events: readonly NewAuditEvent[]): Promise<number[]> {
    const ids: number[] = [];
    for (let first = 0; first < events.length; first += ROWS_PER_INSERT) {
      const rows = await this.#db
        .insertInto('audit_events')
        .values(
          events.slice(first, first + ROWS_PER_INSERT).map((event) => ({
            ...event,
            client: cleanText(event.client.slice(0, LONGEST_NAME)),
            subject: cleanText(event.subject.slice(0, LONGEST_NAME)),
            detail: cleanText(event.detail.slice(0, LONGEST_DETAIL)),
          })),
        )
        .returning('id')
        .execute();
      ids.push(...rows.map(({ id }) => id));
    }
    return ids;
  }

  /** Notes the HTTP status with which an action ended. */
  async end(id: number, status: number): Promise<void> {
    await this.#db.updateTable('audit_events').set({ status }).where('id', '=', id).execute();
  }

  /** Events, newest first; `limit` is at most 1,000, its default. @throws {StorageError} `badLimit`, `badText` */
  async list({ from, to, kind, userId, client }: AuditEventQuery, limit = MOST_LISTED): Promise<AuditEvent[]> {
    let found = this.#db.selectFrom('audit_events').selectAll();
    if (from !== undefined) found = found.where('at', '>=', from);
    if (to !== undefined) found = found.where('at', '<=', to);
    if (kind !== undefined) found = found.where('kind', '=', kind);
    if (userId !== undefined) found = found.where('user_id', '=', userId);
    if (client !== undefined) found = found.where('client', '=', client);
    return found.orderBy('at', 'desc').orderBy('id', 'desc').limit(checkedLimit(limit, MOST_LISTED)).execute();
  }

  /** Deletes the events before `time`. Returns their number. */
  async deleteBefore(time: Date): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('audit_events')
      .where('at', '<', time)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }
}
