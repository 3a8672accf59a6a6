import type { Jobs } from '@revtr/storage';
import type { JobQueue } from './runner.ts';

/** The part of the queue that belongs to the sources that this engine owns. */
export function ownedJobs(jobs: Jobs, owned: () => readonly string[]): JobQueue {
  return {
    lease: async (...what) => {
      const sources = owned();
      return sources.length === 0 ? [] : jobs.leaseOf(sources, ...what);
    },
    noteNew: () => jobs.noteNew(),
    expire: (...what) => jobs.expire(...what),
    renew: (...what) => jobs.renew(...what),
    release: (...what) => jobs.release(...what),
    releaseOf: (...what) => jobs.releaseOf(...what),
    finish: (...what) => jobs.finish(...what),
  };
}
