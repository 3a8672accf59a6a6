import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../collaborators.ts';

const HEARTBEAT_MS = 15_000;

/** Sends what happens to a batch until it is complete, the client leaves, or the server stops. */
export function streamBatch(
  batchId: number,
  reply: FastifyReply,
  { events, batches, stopping }: Pick<ApiCollaborators, 'events' | 'batches' | 'stopping'>,
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' });
  const send = (type: string, data: unknown): void => {
    raw.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const end = (): void => {
    unsubscribe();
    clearInterval(heartbeat);
    stopping.removeEventListener('abort', end);
    raw.end();
  };
  let isAsking = false;
  let isStale = false;
  /** The database is asked for the count, since another process may have measured. */
  const report = async (): Promise<void> => {
    isStale = true;
    if (isAsking) return;
    isAsking = true;
    while (isStale) {
      isStale = false;
      const progress = await batches.progress(batchId);
      send('progress', progress);
      if (progress.done < progress.total) continue;
      send('complete', { total: progress.total });
      return end();
    }
    isAsking = false;
  };
  const unsubscribe = events.subscribe(batchId, ({ type, ...data }) => {
    send(type, data);
    if (type === 'ended') report().catch(end);
  });
  const heartbeat = setInterval(() => {
    raw.write(': alive\n\n');
    report().catch(end);
  }, HEARTBEAT_MS);
  raw.on('close', end);
  stopping.addEventListener('abort', end, { once: true });
  report().catch(end);
}
