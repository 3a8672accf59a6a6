import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from '../http/collaborators.ts';

const REPORT_MS = 100;
/** Reports between two look-ups in the database: one every ten seconds. */
const CATCH_UP_EVERY = 100;
/** A client that has read nothing for this long is disconnected. */
const STALLED_MS = 30_000;
/** Bytes that may wait for one client; beyond it events are left out, and `path` events of the same measurement replace each other. */
const MOST_WAITING_BYTES = 256 * 2 ** 10;

export interface StreamOptions {
  readonly batchId: number;
  /** Measurements of the batch. */
  readonly total: number;
  /** Whether to send the hops of every path while it grows. */
  readonly paths: boolean;
  /** Whether the credential of the request still works. Asked every ten seconds; the stream ends when it does not. */
  readonly isPermitted: () => Promise<boolean>;
}

/**
 * Sends what happens to a batch as server-sent events until the batch is complete, the client leaves, or the server stops. A client that
 * reads slowly is sent fewer events, not late ones: `path` events that it cannot take are left out, and `progress` tells it what it
 * missed. Memory per client is bounded.
 */
export function streamBatch(
  options: StreamOptions,
  reply: FastifyReply,
  collaborators: Pick<ApiCollaborators, 'events' | 'batches' | 'stopping' | 'clock'>,
): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
  });
  new BatchStream(options, reply.raw, collaborators).start();
}

class BatchStream {
  readonly #options: StreamOptions;
  readonly #response: ServerResponse;
  readonly #collaborators: Pick<ApiCollaborators, 'events' | 'batches' | 'stopping' | 'clock'>;
  readonly #ended = new Set<number>();
  /** Measurements that ended and that the client has not been told of. */
  readonly #untold = new Map<number, string>();
  #reported = -1;
  #ticks = 0;
  #takenAt: number;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(
    options: StreamOptions,
    response: ServerResponse,
    collaborators: Pick<ApiCollaborators, 'events' | 'batches' | 'stopping' | 'clock'>,
  ) {
    this.#options = options;
    this.#response = response;
    this.#collaborators = collaborators;
    this.#takenAt = collaborators.clock.now();
  }

  start(): void {
    // A client that left before the stream began closes nothing that would end it.
    if (this.#response.destroyed) return;
    const { events, stopping } = this.#collaborators;
    const { batchId, paths } = this.#options;
    this.#unsubscribe = events.subscribe(batchId, { paths }, (event) => {
      if (event.type === 'ended') {
        this.#ended.add(event.measurement);
        this.#untold.set(event.measurement, event.stopReason);
        this.#tellEnded();
      } else if (this.#hasRoom()) {
        const { type, ...data } = event;
        this.#send(type, data);
      }
    });
    this.#timer = setInterval(() => this.#tick(), REPORT_MS);
    this.#response.on('close', this.#close);
    this.#response.on('drain', () => {
      this.#takenAt = this.#collaborators.clock.now();
    });
    stopping.addEventListener('abort', this.#close, { once: true });
    this.#catchUp();
  }

  readonly #close = (): void => {
    this.#unsubscribe();
    clearInterval(this.#timer);
    this.#untold.clear();
    this.#collaborators.stopping.removeEventListener('abort', this.#close);
    this.#response.end();
  };

  #tick(): void {
    const now = this.#collaborators.clock.now();
    if (this.#response.writableLength === 0) this.#takenAt = now;
    if (now - this.#takenAt > STALLED_MS) {
      this.#close();
      this.#response.destroy();
      return;
    }
    this.#ticks++;
    if (this.#ticks % CATCH_UP_EVERY === 0) this.#catchUp();
    else this.#report();
  }

  /** The database knows what ended before the stream began, and what ended in other processes. */
  #catchUp(): void {
    const { batchId, isPermitted } = this.#options;
    Promise.all([this.#collaborators.batches.endedIn(batchId), isPermitted()]).then(
      ([ids, mayRead]) => {
        if (!mayRead) return this.#close();
        for (const id of ids) this.#ended.add(id);
        if (this.#hasRoom()) this.#response.write(': alive\n\n');
        this.#report();
      },
      () => this.#close(),
    );
  }

  #report(): void {
    this.#tellEnded();
    const { total } = this.#options;
    if (this.#ended.size === this.#reported || !this.#hasRoom()) return;
    this.#reported = this.#ended.size;
    this.#send('progress', { total, done: this.#ended.size });
    if (this.#ended.size < total || this.#untold.size > 0) return;
    this.#send('complete', { total });
    this.#close();
  }

  #tellEnded(): void {
    for (const [measurement, stopReason] of this.#untold) {
      if (!this.#hasRoom()) return;
      this.#untold.delete(measurement);
      this.#send('ended', { measurement, stopReason });
    }
  }

  #hasRoom(): boolean {
    return !this.#response.writableEnded && this.#response.writableLength < MOST_WAITING_BYTES;
  }

  #send(type: string, data: unknown): void {
    this.#response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
