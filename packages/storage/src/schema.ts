import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';

type CreatedAt = ColumnType<Date, Date | undefined, never>;
/** JSON written as text and read as a value of unknown shape: whoever reads it parses it by a schema. */
type Json = ColumnType<unknown, string | null, string | null>;

interface UserTable {
  readonly id: Generated<number>;
  readonly name: string;
  readonly email: string;
  readonly role: 'user' | 'operator';
  readonly max_per_day: number;
  readonly max_parallel: number;
  readonly max_per_minute: number;
  readonly created_at: CreatedAt;
}

interface ApiKeyTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** First characters, to tell keys apart. */
  readonly prefix: string;
  /** SHA-256 of the key, hexadecimal: the key itself is not kept. */
  readonly hash: string;
  readonly created_at: CreatedAt;
  readonly revoked_at: Date | null;
}

interface SourceTable {
  /** Dotted quad. */
  readonly address: string;
  readonly hostname: string;
  readonly site: string;
  readonly created_at: CreatedAt;
}

interface BatchTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  readonly size: number;
  readonly created_at: CreatedAt;
}

interface MeasurementTable {
  readonly id: Generated<number>;
  readonly batch_id: number;
  readonly user_id: number;
  /** Place in its batch, from 0. Work is taken in this order across batches, so that a large batch holds up nobody. */
  readonly position: number;
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly options: Json;
  readonly state: 'queued' | 'running' | 'done';
  readonly lease_owner: string | null;
  readonly lease_until: Date | null;
  readonly created_at: CreatedAt;
  readonly ended_at: Date | null;
  /** The result as the engine gave it; null until the measurement is done. */
  readonly result: Json;
}

export interface Schema {
  readonly users: UserTable;
  readonly api_keys: ApiKeyTable;
  readonly sources: SourceTable;
  readonly batches: BatchTable;
  readonly measurements: MeasurementTable;
}

export type User = Selectable<UserTable>;
export type NewUser = Insertable<UserTable>;
export type Source = Selectable<SourceTable>;
export type Batch = Selectable<BatchTable>;
export type MeasurementRow = Selectable<MeasurementTable>;
