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
  #offsetMs = 0;
  /** The offset of the database's clock. */
  #wantedMs = 0;
  /** When the offset was brought forward, by the clock that never jumps. */
  #broughtAt: number;

  private constructor(collaborators: DatabaseClockCollaborators) {
    this.#collaborators = { clock: systemClock, ...collaborators };
    const { clock, log } = this.#collaborators;
    this.#broughtAt = clock.now();
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
    const started = new DatabaseClock(collaborators);
    const { databaseTime, clock, log } = started.#collaborators;
    const askedAt = clock.now();
    const time = await databaseTime();
    started.#wantedMs = started.#offsetMs = time - (askedAt + clock.now()) / 2;
    if (Math.abs(started.#offsetMs) > NOTED_MS)
      log.warn(
        { differenceMs: Math.round(-started.#offsetMs) },
        'the clock of this host differs from that of the database, which is used',
      );
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
