/** The source of time, which the caller passes in. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Resolves after `milliseconds`; rejects when `signal` fires first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}
