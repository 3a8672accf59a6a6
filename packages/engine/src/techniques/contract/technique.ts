import type { FailReason } from '../../measurement/fail-reason.ts';
import type { Hop } from '../../path/hop.ts';
import type { Measurement } from './measurement.ts';

/** New hops of a path. */
export interface Extended {
  readonly outcome: 'extended';
  /** Position on the path of the hop that `hops` follow, from 0 at the destination. */
  readonly from: number;
  /** The new hops, from that hop towards the source. */
  readonly hops: readonly Hop[];
  /** Whether all hops behind `from` are dropped first, because the new ones contradict them. Default false. */
  readonly replacesRest?: true;
  /** What was found, for people. */
  readonly detail: string;
}

/** The outcome of one attempt to extend a path. */
export type Extension =
  | Extended
  | {
      readonly outcome: 'nothingFound' | 'notApplicable';
      /** Why nothing was found, or why the technique does not apply, for people. */
      readonly detail: string;
      /** The reason that the result gives if no other technique finds a hop. */
      readonly failReason?: FailReason;
    };

/** A way to find further hops. The plan creates it for each measurement, so it may remember what it has tried. */
export interface Technique {
  /** Name in attempts and results, and for `resumeAt` of a plan. */
  readonly name: string;
  /** Tries to extend the path. @throws {ProbingError} `cancelled` when the signal of the measurement fires */
  extend(measurement: Measurement): Promise<Extension>;
}

/** The outcome of a technique that looked and found no hop. */
export const nothingFound = (detail: string, failReason?: FailReason): Extension => ({
  outcome: 'nothingFound',
  detail,
  ...(failReason && { failReason }),
});

/** The outcome of a technique that did not look, because it cannot help here. */
export const notApplicable = (detail: string): Extension => ({ outcome: 'notApplicable', detail });
