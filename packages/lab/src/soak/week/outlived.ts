import { z } from 'zod';
import type { RetainedTable } from './retention.ts';
import type { Query } from './table-values.ts';

/** Rows that were kept longer than their retention. */
export interface Outlived {
  readonly table: string;
  /** Age of the oldest row that was seen, and the age at which it should have been deleted, hours. */
  readonly hours: number;
  readonly kept: number;
}

/** Old rows are deleted once an hour. */
const GRACE_HOURS = 2;
const HOUR_MS = 3_600_000;

const ageSchema = z.tuple([z.object({ oldest: z.coerce.date().nullable() })]);

/** Looks whether any row of the tables outlives its retention. A table whose rows are all young cannot hold a leak, however much its load varies. */
export class OldestRows {
  readonly #tables: readonly RetainedTable[];
  readonly #query: Query;
  readonly #hours = new Map<string, number>();

  constructor(tables: readonly RetainedTable[], collaborators: { readonly query: Query }) {
    this.#tables = tables;
    this.#query = collaborators.query;
  }

  /** Looks at all tables. `now` is in milliseconds since the Unix epoch. */
  async look(now: number): Promise<void> {
    for (const { table, column } of this.#tables) {
      const [{ oldest }] = ageSchema.parse(await this.#query(`select min("${column}") as oldest from "${table}"`));
      const hours = oldest === null ? 0 : (now - oldest.getTime()) / HOUR_MS;
      this.#hours.set(table, Math.max(hours, this.#hours.get(table) ?? 0));
    }
  }

  /** The tables in which a row was too old at any time. */
  get outlived(): readonly Outlived[] {
    return this.#tables.flatMap(({ table, days }) => {
      const hours = Math.round(10 * (this.#hours.get(table) ?? 0)) / 10;
      return hours > 24 * days + GRACE_HOURS ? [{ table, hours, kept: 24 * days }] : [];
    });
  }
}
