import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { type ProgressStreamOptions, streamProgress } from '../http/progress-stream.ts';

export interface StreamOptions extends Pick<ProgressStreamOptions, 'total' | 'checkPermission'> {
  readonly batchId: number;
  /** Whether to send the hops of every path while it grows. */
  readonly paths: boolean;
}

/** Sends what happens to a batch as server-sent events until the batch is complete, the client leaves, or the server stops. */
export function streamBatch(
  { batchId, paths, ...options }: StreamOptions,
  reply: FastifyReply,
  collaborators: Pick<ApiCollaborators, 'events' | 'batches' | 'stopping' | 'clock'>,
): void {
  const { events, batches } = collaborators;
  const subscribe: ProgressStreamOptions['subscribe'] = (stream) =>
    events.subscribe(batchId, { paths }, ({ type, ...data }) => {
      if (type === 'ended') stream.ended(data.measurement, [type, data]);
      else stream.offer([type, data]);
    });
  streamProgress({ ...options, subscribe, endedIds: () => batches.endedIn(batchId) }, reply, collaborators);
}
