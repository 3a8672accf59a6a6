import type { ClientEvent } from '../check/history.ts';
import type { FaultEvent } from '../faults/fault-event.ts';
import type { Fault } from '../plan/fault.ts';

/** Who owned the sources at a time. */
export interface OwnerSample {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Sources that an engine owned. */
  readonly sources: number;
  /** The engines that owned sources. */
  readonly owners: readonly string[];
}

/** What was seen during a run. */
export interface Observations {
  readonly history: readonly ClientEvent[];
  readonly faults: readonly FaultEvent[];
  readonly owners: readonly OwnerSample[];
  /** Sources of the system. */
  readonly sources: number;
}

/** A few faults that are chosen by hand, and what must be seen besides. */
export interface Scenario {
  readonly faults: readonly Fault[];
  /** Time over which clients submit, milliseconds. */
  readonly submitForMs: number;
  /** What was not as it must be, as sentences; and figures to report. */
  readonly judge: (seen: Observations) => {
    readonly problems: readonly string[];
    readonly figures: Readonly<Record<string, number>>;
  };
}
