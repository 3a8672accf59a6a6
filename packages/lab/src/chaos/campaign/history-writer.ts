import { appendFileSync } from 'node:fs';
import type { ClientEvent } from '../check/history.ts';

type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

/** Appends what clients do and are told to a file, in the order in which it happens. */
export class HistoryWriter {
  readonly #file: string;
  readonly #now: () => number;

  constructor(options: { readonly file: string }, collaborators: { readonly now: () => number }) {
    this.#file = options.file;
    this.#now = collaborators.now;
  }

  write(event: WithoutTime<ClientEvent>): void {
    appendFileSync(this.#file, `${JSON.stringify({ at: this.#now(), ...event })}\n`);
  }
}
