import { type Clock, cancelled } from '@revtr/probing';
import type { Duty } from './duty.ts';

/** A clock for the work of a duty: a sleep ends only while this process has the duty. */
export const dutyClock = (clock: Clock, duty: Duty): Clock => ({
  now: () => clock.now(),
  sleep: async (milliseconds, signal = new AbortController().signal) => {
    await clock.sleep(milliseconds, signal);
    if (!duty.isHeld) await duty.held(signal);
    if (signal.aborted) throw cancelled();
  },
});
