import type { ColumnType } from 'kysely';

/** A time that the database sets unless it is given, and that never changes. */
export type CreatedAt = ColumnType<Date, Date | undefined, never>;

/** JSON: written as text, read as a value of unknown shape, which the reader must parse with a schema. */
export type Json = ColumnType<unknown, string | null, string | null>;

/** A column with a default value. */
export type WithDefault<T> = ColumnType<T, T | undefined, T>;
