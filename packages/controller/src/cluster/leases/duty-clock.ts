import { type Clock, cancelled } from '@revtr/probing';
import type { Duty } from './duty.ts';

/** A clock on which time passes for work only while this process has the duty: whoever sleeps by it goes on when the duty is back. */
export const dutyClock = (clock: Clock, duty: Duty): Clock => ({
  now: () => clock.now(),
  sleep: async (milliseconds, signal = new AbortController().signal) => {
    await clock.sleep(milliseconds, signal);
    if (!duty.isHeld) await duty.held(signal);
    if (signal.aborted) throw cancelled();
  },
});
