import type { Generated, Insertable, Selectable } from 'kysely';
import type { CreatedAt } from './columns.ts';

/** A user and the limits of the user's measurements. */
export interface UserTable {
  readonly id: Generated<number>;
  readonly name: string;
  /** Unique. */
  readonly email: string;
  readonly role: 'user' | 'operator';
  /** Measurements accepted per calendar day (UTC). */
  readonly max_per_day: number;
  /** Measurements that have not ended. */
  readonly max_parallel: number;
  /** Measurements accepted in the last 60 seconds. */
  readonly max_per_minute: number;
  readonly created_at: CreatedAt;
}

/** An API key of a user. Only its hash is stored. */
export interface ApiKeyTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** First eight digits of `hash`, to tell the keys of a user apart. */
  readonly fingerprint: string;
  /** SHA-256 of the key, 64 hexadecimal digits. */
  readonly hash: string;
  readonly created_at: CreatedAt;
  readonly revoked_at: Date | null;
}

export type User = Selectable<UserTable>;
export type NewUser = Insertable<UserTable>;
