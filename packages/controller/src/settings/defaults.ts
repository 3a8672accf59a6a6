import { fileURLToPath } from 'node:url';
import type { LifeCycleOptions } from '../agents/life-cycle.ts';
import type { UserLimits } from '../agents/user-limits.ts';

const HOUR_MS = 3_600_000;

/** Most pairs in one batch, unless the operator sets another number. */
export const DEFAULT_MAX_BATCH = 20_000;

/** The public batch launcher for the original submits five batches of 1,000 pairs one after the other, and does not repeat a refused one. */
const LAUNCHER_PAIRS = 5_000;

/** What a new user may do, until the operator decides otherwise: a batch of the largest size at once, and two a day. */
export function newUserLimits(maxBatch: number): UserLimits {
  const atOnce = Math.max(LAUNCHER_PAIRS, maxBatch);
  return { perDay: 2 * atOnce, parallel: atOnce, perMinute: atOnce };
}

/** The limits of a new user with the default size of batches. */
export const DEFAULT_USER_LIMITS: UserLimits = newUserLimits(DEFAULT_MAX_BATCH);

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

/** Where `npm run build:web` puts the web interface. */
export const DEFAULT_WEB_DIRECTORY = fileURLToPath(new URL('../../../web/dist', import.meta.url));
