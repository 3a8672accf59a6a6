import type { Selectable } from 'kysely';
import type { WithDefault } from './columns.ts';

/** Results that everybody who has the token may see. */
export interface PublicationTable {
  readonly measurement_id: number;
  /**
   * 192 random bits in base64url. It is stored as it is, because it protects nothing but the result in the same database, and the owner
   * must be able to see the link again.
   */
  readonly token: string;
  readonly published_at: Date;
  /** User of the measurement; null only if an earlier version published it and its result has not moved to a file. */
  readonly user_id: WithDefault<number | null>;
}

/** A publication as stored. */
export type Publication = Selectable<PublicationTable>;
