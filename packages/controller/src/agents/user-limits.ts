import type { User } from '@revtr/storage';

/** How many measurements a user may submit. */
export interface UserLimits {
  /** In one UTC day. */
  readonly perDay: number;
  /** Waiting or running at the same time. */
  readonly parallel: number;
  /** In any 60 seconds. */
  readonly perMinute: number;
}

/** Limits as columns of the table of users. */
export function toUserColumns(limits: UserLimits): Pick<User, 'max_per_day' | 'max_parallel' | 'max_per_minute'> {
  return { max_per_day: limits.perDay, max_parallel: limits.parallel, max_per_minute: limits.perMinute };
}
