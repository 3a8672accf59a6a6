import type { WithDefault } from './columns.ts';

/** Which process had the lock on this database last: at most one row. */
export interface LastLockHolderTable {
  readonly is_only: WithDefault<boolean>;
  /** The number by which its lock tells the process apart from others. */
  readonly holder: number;
}
