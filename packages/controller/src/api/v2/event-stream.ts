import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../http/collaborators.ts';

const REPORT_MS = 100;
/** Reports between two looks into the database: one every ten seconds. */
const CATCH_UP_EVERY = 100;

export interface StreamOptions {
  readonly batchId: number;
  /** Measurements of the batch. */
  readonly total: number;
  /** Whether to send the hops of every path while it grows. */
  readonly paths: boolean;
}

/** Sends what happens to a batch until it is complete, the client leaves, or the server stops. */
export function streamBatch(
  { batchId, total, paths }: StreamOptions,
  reply: FastifyReply,
  { events, batches, stopping }: Pick<ApiCollaborators, 'events' | 'batches' | 'stopping'>,
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', connection: 'keep-alive' });
  const send = (type: string, data: unknown): void => {
    if (!raw.writableEnded) raw.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const end = (): void => {
    unsubscribe();
    clearInterval(timer);
    stopping.removeEventListener('abort', end);
    raw.end();
  };
  const ended = new Set<number>();
  let reported = -1;
  const report = (): void => {
    if (ended.size === reported) return;
    reported = ended.size;
    send('progress', { total, done: ended.size });
    if (ended.size < total) return;
    send('complete', { total });
    end();
  };
  /** The database knows what ended before the stream began, or in another process. */
  const catchUp = async (): Promise<void> => {
    for (const id of await batches.endedIn(batchId)) ended.add(id);
    if (!raw.writableEnded) raw.write(': alive\n\n');
    report();
  };
  const unsubscribe = events.subscribe(batchId, { paths }, ({ type, ...data }) => {
    if (type === 'ended') ended.add(data.measurement);
    send(type, data);
  });
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    if (ticks % CATCH_UP_EVERY === 0) catchUp().catch(end);
    else report();
  }, REPORT_MS);
  raw.on('close', end);
  stopping.addEventListener('abort', end, { once: true });
  catchUp().catch(end);
}
