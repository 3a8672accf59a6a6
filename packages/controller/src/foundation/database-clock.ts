import { type Clock, systemClock } from '@revtr/probing';
import type { Logger } from 'pino';
import { Periodic } from './periodic.ts';

/** How often the clock of the database is read, milliseconds. */
const EVERY_MS = 10_000;
/** An answer that takes longer says too little about the time, milliseconds. */
const MOST_ROUND_TRIP_MS = 1_000;
/** A difference that an operator should know of, milliseconds. */
const NOTED_MS = 1_000;
/** How much faster or slower than time the clock runs to make up for a difference: waits become longer or shorter by this part at most. */
const SLEW = 0.1;

export interface DatabaseClockCollaborators {
  /** The time of the database, milliseconds since the Unix epoch. */
  readonly databaseTime: () => Promise<number>;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Measures time, and never jumps. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * The clock of the database, which all processes of a controller share: what one of them writes has the right age for the others, whatever the
 * clocks of their hosts show. It never jumps. When the clock of the database is set, it follows gradually.
 */
export class DatabaseClock implements Clock {
  readonly #collaborators: Required<DatabaseClockCollaborators>;
  readonly #reading: Periodic;
  /** This clock is so much ahead of the one that never jumps, milliseconds. */
  #offsetMs: number;
  /** The offset of the database's clock. */
  #wantedMs: number;
  /** When the offset was brought forward, by the clock that never jumps. */
  #broughtAt: number;
  /**
   * Shows the time of the database at the start and what has passed since, also when the clock of the database is set: for peers that learn the time
   * of this process only once, when they connect.
   */
  readonly steady: Clock;

  private constructor(collaborators: Required<DatabaseClockCollaborators>, offsetMs: number) {
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#broughtAt = clock.now();
    this.#offsetMs = offsetMs;
    this.#wantedMs = offsetMs;
    this.steady = {
      now: () => clock.now() + offsetMs,
      sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
    };
    this.#reading = new Periodic(
      { everyMs: EVERY_MS },
      {
        clock,
        work: () => this.#read(),
        onError: (error) => log.warn({ err: error }, 'the clock of the database could not be read'),
      },
    );
  }

  /** Reads the clock of the database, and from then on again and again. @throws {StorageError} and errors of the driver */
  static async start(collaborators: DatabaseClockCollaborators): Promise<DatabaseClock> {
    const { databaseTime, clock = systemClock, log } = collaborators;
    const askedAt = clock.now();
    const time = await databaseTime();
    const offsetMs = time - (askedAt + clock.now()) / 2;
    if (Math.abs(offsetMs) > NOTED_MS)
      log.warn(
        { differenceMs: Math.round(-offsetMs) },
        'the clock of this host differs from that of the database, which is used',
      );
    const started = new DatabaseClock({ databaseTime, clock, log }, offsetMs);
    started.#reading.start();
    return started;
  }

  now(): number {
    const now = this.#collaborators.clock.now();
    const most = (now - this.#broughtAt) * SLEW;
    this.#offsetMs += Math.max(-most, Math.min(most, this.#wantedMs - this.#offsetMs));
    this.#broughtAt = now;
    return now + this.#offsetMs;
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#collaborators.clock.sleep(milliseconds, signal);
  }

  /** Reads the clock of the database no more. */
  async stop(): Promise<void> {
    await this.#reading.stop();
  }

  async #read(): Promise<void> {
    const { databaseTime, clock, log } = this.#collaborators;
    const askedAt = clock.now();
    const time = await databaseTime();
    const answeredAt = clock.now();
    if (answeredAt - askedAt > MOST_ROUND_TRIP_MS) return;
    // The offset lies between these: within them, nothing is known to be wrong.
    const wantedMs = Math.max(time - answeredAt, Math.min(time - askedAt, this.#wantedMs));
    const changeMs = wantedMs - this.#wantedMs;
    // What is made up for begins now.
    this.now();
    this.#wantedMs = wantedMs;
    if (Math.abs(changeMs) > NOTED_MS)
      log.error(
        { changeMs: Math.round(changeMs), followsForMs: Math.round(Math.abs(wantedMs - this.#offsetMs) / SLEW) },
        'the clock of the database has been set; this process follows gradually, or at once when it is restarted',
      );
  }
}
