import type { QuotaExceeded } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';

const QUOTAS = {
  perDay: { code: 'quotaPerDay', period: 'per day' },
  parallel: { code: 'quotaParallel', period: 'at the same time' },
  perMinute: { code: 'quotaPerMinute', period: 'per minute' },
} as const;

/** The error for `asked` measurements or probes that would exceed a limit of their user. */
export function quotaError(
  { limit, allowed, used, retryAfterSeconds, limits }: QuotaExceeded,
  asked: number,
): ControllerError {
  const { code, period } = QUOTAS[limit];
  const message = `the limit is ${allowed} measurements ${period}: ${used} are used, and the batch asks for ${asked} more`;
  return new ControllerError(code, message, { allowed, used, asked, retryAfterSeconds, limits });
}
