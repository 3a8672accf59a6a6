import type { LimitUse } from '@revtr/storage';

/** The window of each limit, seconds; `parallel` has none. */
const WINDOW_S = { perDay: 86_400, perMinute: 60, parallel: undefined } as const;

/**
 * The headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-09) for the limits of a user. They count
 * measurements: a request uses as many units as its batch has pairs.
 */
export function rateLimitHeaders(limits: readonly LimitUse[]): Readonly<Record<string, string>> {
  const policies = limits.map(({ limit, allowed }) => {
    const window = WINDOW_S[limit];
    return `"${limit}";q=${allowed}${window === undefined ? ';qu="concurrent-requests"' : `;w=${window}`}`;
  });
  const states = limits.map(
    ({ limit, allowed, used, resetSeconds }) => `"${limit}";r=${Math.max(0, allowed - used)};t=${resetSeconds}`,
  );
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') };
}
