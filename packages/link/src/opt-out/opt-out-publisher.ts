import { LinkError } from '../errors.ts';
import { CHUNK_ENTRIES, MOST_DELTA_ENTRIES, MOST_OPT_OUTS } from '../messages/limits.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { OptOutChange, OptOutSet } from './opt-out-set.ts';

/** The opt-out list as the controller keeps it. */
export interface OptOutList {
  /** When the list was read, milliseconds since the Unix epoch by the controller's clock. Agents trust it for a day. */
  readonly issuedAt: number;
  readonly set: OptOutSet;
}

/** One version of the list. */
export class OptOutSnapshot {
  readonly version: number;
  readonly issuedAt: number;
  readonly set: OptOutSet;

  constructor(version: number, issuedAt: number, set: OptOutSet) {
    this.version = version;
    this.issuedAt = issuedAt;
    this.set = set;
  }

  get announcement(): ToAgent {
    const { version, issuedAt, set } = this;
    return { type: 'optOut', version, issuedAt, digest: set.digest, size: set.size };
  }

  get chunks(): number {
    return Math.ceil(this.set.size / CHUNK_ENTRIES);
  }

  chunk(index: number): ToAgent {
    const { version, set } = this;
    const prefixes = set.slice(index * CHUNK_ENTRIES, (index + 1) * CHUNK_ENTRIES);
    return { type: 'optOutChunk', version, index, prefixes };
  }
}

/** A new version and, unless the change is too large, how it differs from the version before. */
export interface OptOutUpdate {
  readonly snapshot: OptOutSnapshot;
  readonly change: OptOutChange | undefined;
}

/** The controller's side of the opt-out list: gives each change a version. */
export class OptOutPublisher {
  #current: OptOutSnapshot | undefined;

  /** The newest version; `undefined` before the first good list. */
  get current(): OptOutSnapshot | undefined {
    return this.#current;
  }

  /**
   * Makes a list the newest version. @throws {LinkError} `overloaded` when it is too long: the version before stays, and agents stop
   * probing when it is older than a day
   */
  publish({ issuedAt, set }: OptOutList): OptOutUpdate {
    if (set.size > MOST_OPT_OUTS)
      throw new LinkError('overloaded', `the opt-out list has more than ${MOST_OPT_OUTS} entries`, {
        limit: MOST_OPT_OUTS,
      });
    const before = this.#current;
    const change = before?.set.changeTo(set, MOST_DELTA_ENTRIES);
    const snapshot = new OptOutSnapshot((before?.version ?? 0) + 1, issuedAt, set);
    this.#current = snapshot;
    return { snapshot, change };
  }
}
