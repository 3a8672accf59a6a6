import { escapeText } from './escape.ts';
import { cut, wrap } from './render/layout/text.ts';
import type { Terminal } from './terminal.ts';

/** Erases the rest of the line (ECMA-48, EL). */
const ERASE = '\u001b[K';

/** Progress on standard error, if that is a screen. */
export class StatusLine {
  readonly #terminal: Terminal;
  readonly #columns: number;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#columns = terminal.messageColumns ?? Number.POSITIVE_INFINITY;
  }

  /** Replaces the line that is shown. A longer text is cut: a line that wraps could not be replaced. */
  show(text: string): void {
    if (!this.#terminal.isWatched) return;
    // Some terminals wrap when the last column is written.
    this.#terminal.err(`\r${cut(escapeText(text), this.#columns - 1)}${ERASE}`);
    this.#isShown = true;
  }

  /** Prints a line that stays. */
  line(text: string): void {
    if (!this.#terminal.isWatched) return;
    this.end();
    this.#terminal.err(`${wrap(escapeText(text), this.#columns)}\n`);
  }

  /** Begins a line behind the characters `^C` that a terminal shows for Ctrl-C. */
  leaveInterrupted(): void {
    if (this.#terminal.isWatched) this.#terminal.err('\n');
    this.#isShown = false;
  }

  /** Leaves the line that is shown. */
  end(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#terminal.err('\n');
  }
}
