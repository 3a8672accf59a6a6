import type { Perform } from '@revtr/link';
import type { Tracing } from '@revtr/tracing';
import type { Worker } from './worker.ts';

/** Performs work, and records it as a span below the one of the controller. */
export function tracedWork(worker: Worker, tracing: Tracing): Perform {
  if (!tracing.isOn) return (work, signal) => worker.perform(work, signal);
  return (work, signal, trace) => {
    const perform = () => worker.perform(work, signal);
    return tracing.continued(trace, `agent ${work.kind}`, { kind: 'server' }, perform);
  };
}
