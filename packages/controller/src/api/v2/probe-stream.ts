import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../http/collaborators.ts';

const REPORT_MS = 200;
/** Reports between two look-ups in the database: one every ten seconds. */
const CATCH_UP_EVERY = 50;
/** A client that takes nothing while so many bytes wait for it is disconnected. A whole set fits. */
const MOST_WAITING_BYTES = 256 * 2 ** 10;

export interface ProbeStreamOptions {
  readonly setId: number;
  /** Probes of the set. */
  readonly total: number;
  /** Whether the credential of the request still works. Asked every ten seconds; the stream ends when it does not. */
  readonly isPermitted: () => Promise<boolean>;
}

/** Sends the progress of a set of probes as server-sent events until all have ended, the client leaves, or the server stops. */
export function streamProbes(
  { setId, total, isPermitted }: ProbeStreamOptions,
  reply: FastifyReply,
  { probes: { sets, events }, stopping }: Pick<ApiCollaborators, 'probes' | 'stopping'>,
): void {
  reply.hijack();
  const response = reply.raw;
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  if (response.destroyed) return;
  const ended = new Set<number>();
  const send = (type: string, data: object): void => {
    response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const close = (): void => {
    unsubscribe();
    clearInterval(timer);
    stopping.removeEventListener('abort', close);
    response.end();
  };
  const note = (probe: number): void => {
    if (ended.has(probe) || response.writableEnded) return;
    ended.add(probe);
    send('probeEnded', { probe });
    if (response.writableLength <= MOST_WAITING_BYTES) return;
    close();
    response.destroy();
  };
  let reported = -1;
  const report = (): void => {
    if (ended.size === reported || response.writableEnded) return;
    reported = ended.size;
    send('progress', { total, done: reported });
    if (reported < total) return;
    send('complete', { total });
    close();
  };
  const catchUp = (): void => {
    Promise.all([sets.endedIn(setId), isPermitted()]).then(([ids, mayRead]) => {
      if (!mayRead || response.writableEnded) return close();
      for (const id of ids) note(id);
      response.write(': alive\n\n');
      report();
    }, close);
  };
  let ticks = 0;
  const unsubscribe = events.subscribe(setId, note);
  const timer = setInterval(() => (++ticks % CATCH_UP_EVERY === 0 ? catchUp() : report()), REPORT_MS);
  response.on('close', close);
  stopping.addEventListener('abort', close, { once: true });
  catchUp();
}
