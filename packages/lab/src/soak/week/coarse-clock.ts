import type { Clock } from '@revtr/probing';

/**
 * A clock whose pauses of a second or more end at full multiples of `stepMs`. A controller that looks for work every second for a week spends most of its time
 * on that; with a step of ten seconds, all its parts look at the same moments, and at a tenth of them.
 */
export const coarseClock = ({ stepMs }: { readonly stepMs: number }, clock: Clock): Clock => ({
  now: () => clock.now(),
  sleep: (milliseconds, signal) => {
    if (milliseconds < 1_000) return clock.sleep(milliseconds, signal);
    const now = clock.now();
    return clock.sleep(Math.ceil((now + milliseconds) / stepMs) * stepMs - now, signal);
  },
});
