import type { FastifyReply } from 'fastify';

/** Fires when the connection of a request is closed, or its answer is sent. */
export function closedSignalOf({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  raw.once('close', () => closed.abort());
  if (raw.destroyed) closed.abort();
  return closed.signal;
}
