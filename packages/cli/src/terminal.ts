import pc from 'picocolors';

/** Where a command reads its settings from and writes to. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results. */
  out(text: string): void;
  /** Messages for people. */
  err(text: string): void;
  /** Reads a file, or standard input for `-`. */
  readFile(path: string): Promise<string>;
  /** Whether results go to a person's screen. */
  readonly isInteractive: boolean;
}

/** Colours for a terminal, none for files and pipes. */
export const colours = (terminal: Terminal): ReturnType<typeof pc.createColors> =>
  pc.createColors(terminal.isInteractive && terminal.environment.NO_COLOR === undefined);
