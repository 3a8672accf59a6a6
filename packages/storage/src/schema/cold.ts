import type { Selectable } from 'kysely';
import type { WithDefault } from './columns.ts';

/** A Parquet file with results of one partition. */
export interface ColdFileTable {
  /** Path in the place of cold results. */
  readonly path: string;
  /** First id of the partition. */
  readonly partition_id: number;
  /** Ids of its first and last result. */
  readonly first_id: number;
  readonly last_id: number;
  readonly rows: number;
  readonly bytes: number;
  /** See `ColdFile`. */
  readonly footer_at: number;
  readonly footer_sha256: string;
  readonly written_at: Date;
  /** How often results in it were deleted since it was written: they stay in the file, unreadable, until it is written anew. */
  readonly deletions: WithDefault<number>;
  /** Since when nothing refers to the file; null while it holds results. */
  readonly removed_at: WithDefault<Date | null>;
}

/** A user with results in a file. */
export interface ColdFileUserTable {
  readonly user_id: number;
  readonly path: string;
}

/** Number of a forward traceroute that a user noted with a result after it had moved. */
export interface ColdForwardTracerouteTable {
  readonly measurement_id: number;
  readonly forward_traceroute_id: number;
}

/** A file that is being written, or that a process which ended has left behind. */
export interface ColdUnfinishedTable {
  readonly path: string;
  readonly since: WithDefault<Date>;
}

/** Identity of the place that belongs to this database: at most one row. */
export interface ColdDirectoryTable {
  readonly id: string;
}

/** A file of cold results as stored. */
export type ColdFileRow = Selectable<ColdFileTable>;
