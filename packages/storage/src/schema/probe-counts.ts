import type { Generated } from 'kysely';
import type { CreatedAt } from './columns.ts';

/** A part of the journal of packets that are counted for the daily budgets. */
export interface ProbeCountTable {
  readonly id: Generated<number>;
  /** Process that has written it. */
  readonly writer: string;
  /** Days since the Unix epoch, UTC. */
  readonly day: number;
  /** Counts in the format of the writer. */
  readonly counts: Uint8Array;
  readonly created_at: CreatedAt;
}
