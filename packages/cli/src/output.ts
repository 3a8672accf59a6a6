import { CliError } from './errors.ts';
import { escaped, escapeText, toJson } from './escape.ts';
import type { Terminal } from './terminal.ts';

/** The option that every command has. */
export interface OutputOptions {
  readonly json?: boolean;
}

/** Prints results and messages. Everything that commands print passes through here and is escaped. */
export class Output {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Prints a value: as indented JSON with `--json`, else as `render` formats it from a copy with escaped strings. */
  print<T>({ json }: OutputOptions, value: T, render: (value: T) => string): void {
    this.#terminal.out(json === true ? `${toJson(value, 2)}\n` : rendered(value, render));
  }

  /** Prints values one after the other: with `--json` one JSON object a line, else as `render` formats each. */
  printEach<T>({ json }: OutputOptions, values: readonly T[], render: (value: T) => string): void {
    for (const value of values) this.#terminal.out(json === true ? `${toJson(value)}\n` : rendered(value, render));
  }

  /** Prints a line for people on standard error. */
  note(text: string): void {
    this.#terminal.err(`${escapeText(text)}\n`);
  }
}

function rendered<T>(value: T, render: (value: T) => string): string {
  try {
    return render(escaped(value));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const reason = error.message;
    throw new CliError('unreadableAnswer', `the server sent an answer that cannot be displayed: ${reason}`, { reason });
  }
}
