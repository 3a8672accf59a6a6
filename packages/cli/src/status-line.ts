import { escapeText } from './escape.ts';
import type { Terminal } from './terminal.ts';

/** Erases the rest of the line (ECMA-48, EL). */
const ERASE = '\u001b[K';

/** Progress on standard error, if that is a screen. */
export class StatusLine {
  readonly #terminal: Terminal;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Replaces the line that is shown. */
  show(text: string): void {
    if (!this.#terminal.isWatched) return;
    this.#terminal.err(`\r${escapeText(text)}${ERASE}`);
    this.#isShown = true;
  }

  /** Prints a line that stays. */
  line(text: string): void {
    if (!this.#terminal.isWatched) return;
    this.end();
    this.#terminal.err(`${escapeText(text)}\n`);
  }

  /** Leaves the line that is shown. */
  end(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#terminal.err('\n');
  }
}
