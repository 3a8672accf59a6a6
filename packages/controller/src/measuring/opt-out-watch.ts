import type { Ipv4Address } from '@revtr/net';
import type { Clock } from '@revtr/probing';

/** How long an agent may take to apply a version of the opt-out list, milliseconds. */
const MOST_LAG_MS = 60_000;

export interface OptOutWatchCollaborators {
  /** Connected agents that have not applied a version of the opt-out list, or a newer one. */
  readonly unapplied: (version: number) => readonly Ipv4Address[];
  readonly clock: Clock;
  /** Called when an agent is suspended, and when it is not any more. */
  readonly onChange: (address: Ipv4Address, isSuspended: boolean) => void;
}

/** Suspends connected agents that have not applied a version of the opt-out list a minute after it was published. */
export class OptOutWatch {
  readonly #collaborators: OptOutWatchCollaborators;
  /** Versions that were published within the last minute, and the newest one before. */
  #published: { readonly version: number; readonly at: number }[] = [];
  #suspended: ReadonlySet<Ipv4Address> = new Set();

  constructor(collaborators: OptOutWatchCollaborators) {
    this.#collaborators = collaborators;
  }

  /** A version was sent to the connected agents. */
  published(version: number): void {
    this.#published.push({ version, at: this.#collaborators.clock.now() });
  }

  isSuspended(address: Ipv4Address): boolean {
    return this.#suspended.has(address);
  }

  /** Compares what agents apply with what was published. Call it every few seconds. */
  check(): void {
    const { clock, unapplied, onChange } = this.#collaborators;
    const due = this.#published.findLastIndex(({ at }) => at <= clock.now() - MOST_LAG_MS);
    if (due > 0) this.#published = this.#published.slice(due);
    const late = new Set(due < 0 ? [] : unapplied(this.#published[0].version));
    const before = this.#suspended;
    this.#suspended = late;
    for (const address of late) if (!before.has(address)) onChange(address, true);
    for (const address of before) if (!late.has(address)) onChange(address, false);
  }
}
