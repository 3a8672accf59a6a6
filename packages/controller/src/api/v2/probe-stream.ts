import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { type ProgressStreamOptions, type StreamEvent, streamProgress } from '../http/progress-stream.ts';

export interface ProbeStreamOptions extends Pick<ProgressStreamOptions, 'total' | 'checkPermission'> {
  readonly setId: number;
}

/** Sends the progress of a set of probes as server-sent events until all have ended, the client leaves, or the server stops. */
export function streamProbes(
  { setId, ...options }: ProbeStreamOptions,
  reply: FastifyReply,
  { probes: { sets, events }, ...collaborators }: Pick<ApiCollaborators, 'probes' | 'stopping' | 'clock'>,
): void {
  const endedEvent = (probe: number): StreamEvent => ['probeEnded', { probe }];
  const subscribe: ProgressStreamOptions['subscribe'] = (stream) =>
    events.subscribe(setId, (probe) => stream.ended(probe, endedEvent(probe)));
  streamProgress({ ...options, subscribe, endedEvent, endedIds: () => sets.endedIn(setId) }, reply, collaborators);
}
