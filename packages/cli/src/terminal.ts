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
  /** Whether results go to a screen. Colours appear only there. */
  readonly isInteractive: boolean;
  /** Whether messages go to a screen. Progress appears only there. */
  readonly isWatched: boolean;
  /** Columns of the screen that results go to. Default: the variable `COLUMNS`; without it, lines have any length. */
  readonly columns?: number | undefined;
  /** Columns of the screen that messages go to. Default: messages have any length. */
  readonly messageColumns?: number | undefined;
  /** Files that hold keys. Default: there are none, and none can be written. */
  readonly privateFiles?: PrivateFiles;
  /** Asks for a secret on a screen without echo, or reads standard input. Default: nothing can be asked. */
  readSecret?(prompt: string): Promise<string>;
  /** Fires when the user presses Ctrl-C. A command that does not ask for it is ended by Ctrl-C. Default: it never fires. */
  interruption?(): AbortSignal;
}

/** Files that only their owner may read. */
export interface PrivateFiles {
  /** The text of a file; `undefined` when there is none. @throws {CliError} `unreadableFile`, or `unsafeFile` when others may read it */
  read(path: string): Promise<string | undefined>;
  /** Replaces a file with one that only its owner may read. @throws {CliError} `unwritableFile` */
  write(path: string, text: string): Promise<void>;
}

/** How results are laid out. */
export interface Screen {
  /** Columns of a line; infinite where lines may have any length. */
  readonly columns: number;
  readonly paint: ReturnType<typeof pc.createColors>;
}

/** Colours on a screen, none in files and pipes or with the environment variable `NO_COLOR` (https://no-color.org). */
const colours = ({ isInteractive, environment: { NO_COLOR } }: Terminal): Screen['paint'] =>
  pc.createColors(isInteractive && (NO_COLOR === undefined || NO_COLOR === ''));

/** Fewest columns that a layout is made for. */
const LEAST_COLUMNS = 20;

/** The layout for a terminal. With `wide`, lines have any length. */
export function screenOf(terminal: Terminal, { wide = false }: { readonly wide?: boolean | undefined } = {}): Screen {
  const asked = terminal.columns ?? (Number(terminal.environment.COLUMNS ?? '') || undefined);
  const columns = wide || asked === undefined ? Number.POSITIVE_INFINITY : Math.max(LEAST_COLUMNS, Math.floor(asked));
  return { columns, paint: colours(terminal) };
}
