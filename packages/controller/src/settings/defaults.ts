import type { LifeCycleOptions } from '../agents/life-cycle.ts';
import type { UserLimits } from '../agents/user-limits.ts';

const HOUR_MS = 3_600_000;

/** What a new user may do, until the operator decides otherwise. */
export const DEFAULT_USER_LIMITS: UserLimits = { perDay: 10_000, parallel: 1_000, perMinute: 1_000 };

const UNLIMITED = 1_000_000_000;

/** Limits that no user reaches, for operators. */
export const UNLIMITED_USER_LIMITS: UserLimits = { perDay: UNLIMITED, parallel: UNLIMITED, perMinute: UNLIMITED };

/** How agents are tested: the quarantine of the original, a day at first and a week at most. */
export const DEFAULT_LIFE_CYCLE: LifeCycleOptions = {
  quarantine: { firstMs: 24 * HOUR_MS, mostMs: 7 * 24 * HOUR_MS },
  retestMs: 6 * HOUR_MS,
  confirmMs: 5_000,
  pollMs: 30_000,
  testTargets: [],
};
