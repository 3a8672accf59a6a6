import type { Clock } from '@revtr/probing';
import type { Batch, QueuedFlow, QueueState } from '@revtr/storage';
import { type Place, secondsUntil } from './fluid-queue.ts';
import type { Pace } from './pace.ts';

/** How long a batch is expected to take if nothing else is submitted. */
export interface WaitingTime {
  /** Measurements of the batch that wait, and those under way. */
  readonly queued: number;
  readonly running: number;
  /** Seconds until the next measurement of the batch begins; 0 when none waits. Absent while the pace of an engine is not known. */
  readonly startsInSeconds?: number;
  /** Seconds until the last measurement of the batch ends; 0 when all have ended. Absent as above. */
  readonly endsInSeconds?: number;
}

/** The engine that measures to a source. */
export interface EnginePace extends Pace {
  readonly engine: string;
}

export interface WaitingTimesCollaborators {
  readonly queue: Pick<QueueState, 'flows' | 'standingOf' | 'runningOf'>;
  /** The engines of sources (dotted quads); a source is missing while its engine, or how fast it is, is not known. */
  readonly engines: () => Promise<(source: string) => EnginePace | undefined>;
  readonly clock: Clock;
}

/** How long the state of the queue is used, milliseconds, and how many times longer than it took to read: reading a long queue costs. */
const KEEP_MS = 2_000;
const KEEP_FACTOR = 20;

interface Snapshot {
  readonly flows: readonly QueuedFlow[];
  readonly engineOf: (source: string) => EnginePace | undefined;
}

/** Tells how long batches wait, from what is queued and how fast the engines are. */
export class WaitingTimes {
  readonly #collaborators: WaitingTimesCollaborators;
  #kept: { readonly snapshot: Promise<Snapshot>; until: number } | undefined;

  constructor(collaborators: WaitingTimesCollaborators) {
    this.#collaborators = collaborators;
  }

  /** The waiting time of a batch. */
  async of(batch: Pick<Batch, 'id' | 'user_id'>): Promise<WaitingTime> {
    const { queue } = this.#collaborators;
    const { running, source: underWayTo } = await queue.runningOf(batch.id);
    const standing = await queue.standingOf(batch);
    const counts = { queued: standing.reduce((sum, { own }) => sum + own, 0), running };
    if (running === 0 && counts.queued === 0) return { ...counts, startsInSeconds: 0, endsInSeconds: 0 };
    const { flows, engineOf } = await this.#snapshot();
    let starts = Number.POSITIVE_INFINITY;
    let ends = 0;
    if (underWayTo !== null) {
      const engine = engineOf(underWayTo);
      if (engine === undefined) return counts;
      // What is under way has begun some time ago.
      ends = engine.meanMs / 2_000;
    }
    const byEngine = new Map<string, { readonly engine: EnginePace; readonly places: Place[] }>();
    for (const { source, isBulk, beforeFirst, beforeLast } of standing) {
      const engine = engineOf(source);
      if (engine === undefined) return counts;
      const place = { userId: batch.user_id, source, isBulk };
      const places: Place[] = byEngine.get(engine.engine)?.places ?? [];
      places.push({ ...place, before: beforeFirst }, { ...place, before: beforeLast });
      byEngine.set(engine.engine, { engine, places });
    }
    for (const { engine, places } of byEngine.values()) {
      const waiting = flows.filter((flow) => engineOf(flow.source)?.engine === engine.engine);
      const seconds = secondsUntil(places, waiting, engine.perSecond);
      for (const [i, second] of seconds.entries())
        if (i % 2 === 0) starts = Math.min(starts, second);
        else ends = Math.max(ends, second + engine.meanMs / 1_000);
    }
    return { ...counts, startsInSeconds: standing.length === 0 ? 0 : starts, endsInSeconds: ends };
  }

  #snapshot(): Promise<Snapshot> {
    const { queue, engines, clock } = this.#collaborators;
    const begunAt = clock.now();
    if (this.#kept !== undefined && this.#kept.until > begunAt) return this.#kept.snapshot;
    const snapshot = Promise.all([queue.flows(), engines()]).then(([flows, engineOf]) => ({ flows, engineOf }));
    const kept = { snapshot, until: Number.POSITIVE_INFINITY };
    this.#kept = kept;
    void snapshot.then(
      () => {
        const now = clock.now();
        kept.until = now + Math.max(KEEP_MS, KEEP_FACTOR * (now - begunAt));
      },
      () => {
        kept.until = 0;
      },
    );
    return snapshot;
  }
}
