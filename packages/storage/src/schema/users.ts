import type { Generated, Selectable } from 'kysely';
import type { CreatedAt, WithDefault } from './columns.ts';

/** A user and the limits of the user's measurements. */
export interface UserTable {
  readonly id: Generated<number>;
  readonly name: string;
  /** Unique; new accounts have it in lower case. */
  readonly email: string;
  readonly role: 'user' | 'operator';
  /** Measurements accepted per calendar day (UTC). */
  readonly max_per_day: number;
  /** Measurements that have not ended. */
  readonly max_parallel: number;
  /** Measurements accepted in the last 60 seconds. */
  readonly max_per_minute: number;
  /** Share of the measurements under way that the user gets, in proportion to the weights of other users who wait. */
  readonly weight: WithDefault<number>;
  readonly created_at: CreatedAt;
  /** Since when none of the user's credentials works; null for a user who may use the system. */
  readonly disabled_at: WithDefault<Date | null>;
  /** When the account was deleted. The row stays without name and e-mail address, because other records refer to its id. */
  readonly deleted_at: WithDefault<Date | null>;
  /** Since when the results of the user may be published in the archive; null when they may not. */
  readonly archive_consent_at: WithDefault<Date | null>;
}

/** An API key of a user. Only its hash is stored. */
export interface ApiKeyTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** First eight digits of `hash`, to tell the keys of a user apart. */
  readonly fingerprint: string;
  /** SHA-256 of the key, 64 hexadecimal digits. */
  readonly hash: string;
  /** Chosen by the user, to tell keys apart. */
  readonly name: WithDefault<string>;
  /** What the key permits: scopes separated by spaces. */
  readonly scopes: WithDefault<string>;
  /** `setting`: a key of the operator that the settings or the first start created; another setting replaces it. */
  readonly origin: WithDefault<'user' | 'setting'>;
  readonly created_at: CreatedAt;
  readonly expires_at: WithDefault<Date | null>;
  /** Exact to one minute. */
  readonly last_used_at: WithDefault<Date | null>;
  readonly revoked_at: Date | null;
}

/** A session of a browser. Only the hash of its cookie is stored. */
export interface SessionTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** The key with which the user logged in, and with which the session ends; null after a login by a mailed link. */
  readonly key_id: number | null;
  /** SHA-256 of the cookie, 64 hexadecimal digits. */
  readonly hash: string;
  readonly scopes: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  /** Exact to one minute. */
  readonly last_used_at: Date;
}

/** What a mailed link is for. */
export type TokenPurpose = 'verifyApplication' | 'collectKey' | 'logIn' | 'register';

/** The token of a link that works once. Only its hash is stored, and only from the moment at which the link is handed out. */
export interface OneTimeTokenTable {
  readonly id: Generated<number>;
  readonly purpose: TokenPurpose;
  readonly user_id: number | null;
  readonly application_id: number | null;
  readonly email: string;
  readonly name: string;
  /** SHA-256 of the token, 64 hexadecimal digits; null until the link is handed out. */
  readonly hash: WithDefault<string | null>;
  /** How long a link works after it was handed out. */
  readonly lifetime_seconds: number;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly used_at: WithDefault<Date | null>;
}

/** A user as stored. */
export type User = Selectable<UserTable>;
/** What a new user is stored with. */
export type NewUser = Pick<User, 'name' | 'email' | 'role' | 'max_per_day' | 'max_parallel' | 'max_per_minute'>;
/** A session as stored. */
export type Session = Selectable<SessionTable>;
/** The token of a mailed link as stored. */
export type OneTimeToken = Selectable<OneTimeTokenTable>;
/** An API key as stored. */
export type ApiKeyRow = Selectable<ApiKeyTable>;
