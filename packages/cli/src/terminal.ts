import pc from 'picocolors';

/** Where a command reads its settings and files, and where it writes. */
export interface Terminal {
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes results (standard output). */
  out(text: string): void;
  /** Writes messages for people (standard error). */
  err(text: string): void;
  /** Reads a text file, or standard input for `-`. */
  readFile(path: string): Promise<string>;
  /** Whether results go to a screen. Colours and progress appear only there. */
  readonly isInteractive: boolean;
  /** Whether messages go to a screen. Progress appears only there. */
  readonly isWatched: boolean;
}

/** Colours on a screen, none in files and pipes or with the environment variable `NO_COLOR` (https://no-color.org). */
export const colours = (terminal: Terminal): ReturnType<typeof pc.createColors> =>
  pc.createColors(terminal.isInteractive && terminal.environment.NO_COLOR === undefined);
