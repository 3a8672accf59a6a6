import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelLabError } from '../../namespaces/errors.ts';

const LIBRARIES = '/usr/lib';
/** The variant of the library for programs with threads. */
const LIBRARY = join('faketime', 'libfaketimeMT.so.1');
/** How often a process reads the file, seconds: reading it at each look at the clock would cost microseconds. */
const READ_SECONDS = '1';

/** The wall clock of a process, which can be wrong. Timers and the monotonic clock of the process are not affected. */
export class WallClock {
  readonly #file: string;
  /** Variables of the process. */
  readonly environment: Readonly<Record<string, string>>;

  /**
   * @param file tells the process by how much its clock is wrong. Created.
   * @throws {KernelLabError} `notReady` when libfaketime is not installed
   */
  constructor(file: string) {
    this.#file = file;
    this.environment = {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: READ_SECONDS,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    this.set(0);
  }

  /** Lets the clock be ahead by `byMs`, or behind if it is negative. The process notices within a second. */
  set(byMs: number): void {
    const seconds = (byMs / 1_000).toFixed(3);
    // The process never reads half a line.
    writeFileSync(`${this.#file}.new`, `${byMs < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function library(): string {
  const found = readdirSync(LIBRARIES)
    .map((directory) => join(LIBRARIES, directory, LIBRARY))
    .find((file) => existsSync(file));
  if (found !== undefined) return found;
  const message = 'the wall clocks of processes need libfaketime: apt-get install libfaketime';
  throw new KernelLabError('notReady', message, { host: 'libfaketime' });
}
