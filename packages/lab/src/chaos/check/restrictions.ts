import { type Ipv4Address, parsePrefix, prefixContains } from '@revtr/net';
import type { PlannedRestriction } from '../plan/restrictions.ts';
import type { ClientEvent } from './history.ts';

/** What the clients asked for and were told of the restriction with each number, milliseconds since the Unix epoch. */
interface Asked {
  forbidding?: number;
  forbidden?: number;
  allowing?: number;
}

/** The restrictions of a run, and when they were asked for, confirmed and ended. */
export class Restrictions {
  readonly planned: readonly PlannedRestriction[];
  readonly #asked: Asked[];

  constructor(planned: readonly PlannedRestriction[], history: readonly ClientEvent[]) {
    this.planned = planned;
    this.#asked = planned.map(() => ({}));
    for (const event of history)
      if (event.type === 'forbidding' || event.type === 'forbidden' || event.type === 'allowing')
        this.#asked[event.restriction][event.type] ??= event.at;
  }

  /** The number of a restriction of one kind that was asked for by a time and is about a destination; `undefined` when there is none. */
  find(kind: 'optOut' | 'target', destination: Ipv4Address, by = Number.POSITIVE_INFINITY): number | undefined {
    const found = this.planned.findIndex(
      (planned, i) =>
        planned.kind === kind &&
        (this.#asked[i].forbidding ?? Number.POSITIVE_INFINITY) <= by &&
        prefixContains(parsePrefix(planned.subject), destination),
    );
    return found < 0 ? undefined : found;
  }

  /** Whether some measurements to a destination were not to be made. */
  concerns(destination: Ipv4Address): boolean {
    return this.find('optOut', destination) !== undefined || this.find('target', destination) !== undefined;
  }

  /** When each restriction was asked for, confirmed, and ended. */
  asked(restriction: number): Readonly<Asked> {
    return this.#asked[restriction];
  }
}
