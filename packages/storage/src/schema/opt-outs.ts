import type { Selectable } from 'kysely';
import type { CreatedAt } from './columns.ts';

/** A network that opted out of probing. */
export interface OptOutTable {
  /** IPv4 prefix, for instance `192.0.2.0/24`. */
  readonly prefix: string;
  readonly reason: string;
  readonly created_at: CreatedAt;
}

export type OptOut = Selectable<OptOutTable>;
