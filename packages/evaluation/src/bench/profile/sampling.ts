import { Session } from 'node:inspector/promises';

const INTERVAL_MICROSECONDS = 500;

/** Begins to sample the stack of this thread. The function that it returns ends that, and resolves to the profile. */
export async function sampling() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    return profile;
  };
}
