import { CliError } from './errors.ts';
import { escaped, escapeText, toJson } from './escape.ts';
import { wrap } from './render/layout/text.ts';
import { type Screen, screenOf, type Terminal } from './terminal.ts';

/** The options that every command has. */
export interface OutputOptions {
  readonly json?: boolean;
  /** Lines have any length, also where the screen is narrow. */
  readonly wide?: boolean;
}

/** Formats a value whose strings are escaped. */
export type Render<T> = (value: T, screen: Screen) => string;

/** Prints results and messages. Everything that commands print passes through here and is escaped. */
export class Output {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Prints a value: as indented JSON with `--json`, else as `render` formats it from a copy with escaped strings. */
  print<T>(options: OutputOptions, value: T, render: Render<T>): void {
    this.#terminal.out(options.json === true ? `${toJson(value, 2)}\n` : this.#rendered(options, value, render));
  }

  /** Prints values one after the other: with `--json` one JSON object a line, else as `render` formats each. */
  printEach<T>(options: OutputOptions, values: readonly T[], render: Render<T>): void {
    for (const value of values)
      this.#terminal.out(options.json === true ? `${toJson(value)}\n` : this.#rendered(options, value, render));
  }

  /** Prints a line for people on standard error. */
  note(text: string): void {
    this.#terminal.err(`${wrap(escapeText(text), this.#terminal.messageColumns ?? Number.POSITIVE_INFINITY)}\n`);
  }

  /** Prints a message of the parser of the command line, which may have several lines, on standard error. */
  noteLines(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.note(line);
  }

  /** Prints an error for programs on standard error: one line of JSON. */
  noteJson(value: unknown): void {
    this.#terminal.err(`${toJson(value)}\n`);
  }

  #rendered<T>(options: OutputOptions, value: T, render: Render<T>): string {
    const screen = screenOf(this.#terminal, options);
    try {
      const lines = render(escaped(value), screen).split('\n');
      return lines.map((line) => wrap(line, screen.columns)).join('\n');
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      const reason = error.message;
      throw new CliError('unreadableAnswer', `the server sent an answer that cannot be displayed: ${reason}`, {
        reason,
      });
    }
  }
}
