import { cancelled } from './errors.ts';

/** A source of time: the system clock or the simulator's virtual clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch, fractions allowed. */
  now(): number;
  /** Resolves after `milliseconds`. @throws {ProbingError} `cancelled` when `signal` fires first */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Resolves when `signal` fires, at once when it already has. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Measures time on this machine: it shows the time at the start of the process and what has passed since, and never jumps. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const stop = (): void => {
        clearTimeout(timer);
        clearImmediate(turn);
        reject(cancelled());
      };
      const finish = (): void => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      // In a busy process, timers run before the messages that have arrived meanwhile: what came in time is not taken for missing.
      let turn: NodeJS.Immediate | undefined;
      const timer = setTimeout(() => {
        turn = setImmediate(finish);
      }, milliseconds);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};

/** The clock of this machine, which may be set while the process runs: for times that others have written, as in certificates. */
export const wallClock: Clock = { now: () => Date.now(), sleep: systemClock.sleep };

/** What `work` resolves to. @throws {ProbingError} `cancelled` when `signal` fires first; the work itself continues */
export async function orCancelled<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw cancelled();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled());
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
