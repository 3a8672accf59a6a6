import type { ColumnType, Generated, Selectable } from 'kysely';
import type { WithDefault } from './columns.ts';

/** Records of probes that left, packed into one value. The other columns say what a block may hold, so that queries skip the rest. */
export interface AuditBlockTable {
  readonly id: Generated<number>;
  /** 0: as written; 1: merged with others and sorted by target. */
  readonly level: number;
  /** Times of the oldest and newest record. */
  readonly from_at: Date;
  readonly to_at: Date;
  /** Lowest and highest target address, as numbers. */
  readonly first_target: number;
  readonly last_target: number;
  /** Lowest and highest measurement and batch of its records; null when no record belongs to one. */
  readonly first_measurement: number | null;
  readonly last_measurement: number | null;
  readonly first_batch: number | null;
  readonly last_batch: number | null;
  /** Number of records. */
  readonly records: number;
  /** The controller encodes and decodes it. */
  readonly data: ColumnType<Uint8Array>;
}

/** Something that happened beside probes: a refusal, a login, an action of an operator. */
export interface AuditEventTable {
  readonly id: Generated<number>;
  readonly at: Date;
  readonly kind: string;
  /** The user who did it, or for whom it was tried. */
  readonly user_id: number | null;
  /** Address of the API client or agent; empty when there is none. */
  readonly client: WithDefault<string>;
  /** What it concerns, for example an address or a route. */
  readonly subject: WithDefault<string>;
  readonly detail: WithDefault<string>;
  /** How often it happened within the minute that begins at `at`. */
  readonly count: WithDefault<number>;
  /** HTTP status of the answer, for actions of operators. */
  readonly status: number | null;
}

/** An audit event as stored. */
export type AuditEvent = Selectable<AuditEventTable>;
