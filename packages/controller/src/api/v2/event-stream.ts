import type { BatchProgress } from '@revtr/storage';
import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../collaborators.ts';

const REPORT_MS = 100;
/** Reports between two looks into the database: one every ten seconds. */
const COUNT_EVERY = 100;

export interface StreamOptions {
  readonly batchId: number;
  /** Whether to send the hops of every path while it grows. */
  readonly paths: boolean;
}

/** Sends what happens to a batch until it is complete, the client leaves, or the server stops. */
export function streamBatch(
  { batchId, paths }: StreamOptions,
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
    clearInterval(timer);
    stopping.removeEventListener('abort', end);
    raw.end();
  };
  let endedSince = 0;
  let known: BatchProgress | undefined;
  /** The database is asked only now and then, in case another process has measured; in between ends are counted. */
  const count = async (): Promise<void> => {
    endedSince = 0;
    known = await batches.progress(batchId);
    report();
  };
  const report = (): void => {
    if (known === undefined) return;
    const { total } = known;
    const done = Math.min(total, known.done + endedSince);
    send('progress', { total, done });
    if (done < total) return;
    send('complete', { total });
    end();
  };
  const unsubscribe = events.subscribe(batchId, { paths }, ({ type, ...data }) => {
    if (type === 'ended') endedSince++;
    send(type, data);
  });
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    if (ticks % COUNT_EVERY === 0) count().catch(end);
    else if (endedSince > 0) report();
  }, REPORT_MS);
  raw.on('close', end);
  stopping.addEventListener('abort', end, { once: true });
  count().catch(end);
}
