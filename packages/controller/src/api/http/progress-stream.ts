import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { ApiCollaborators } from './collaborators.ts';

const REPORT_MS = 100;
/** Reports between two look-ups in the database: one every ten seconds. */
const CATCH_UP_EVERY = 100;
/** A client that has read nothing for this long is disconnected. */
const STALLED_MS = 30_000;
/** Bytes that may wait for one client; beyond it events wait or are left out. */
const MOST_WAITING_BYTES = 256 * 2 ** 10;

/** The name of an event, and what is sent with it as JSON. */
export type StreamEvent = readonly [name: string, data: object];

export interface ProgressStreamOptions {
  /** How many measurements or probes must end. */
  readonly total: number;
  /** Rejects when the credential of the request does not work any more, or its user may not read this any more. Called every ten seconds; the stream then ends. */
  readonly checkPermission: () => Promise<unknown>;
  /** Sends what happens from now on to the stream. Returns how to end that. */
  readonly subscribe: (stream: Pick<ProgressStream, 'ended' | 'offer'>) => () => void;
  /** Ids of those that have ended, from the database. */
  readonly endedIds: () => Promise<readonly number[]>;
  /** The event that tells of an end that only the database knows. Default: the client is told of the number of those alone. */
  readonly endedEvent?: (id: number) => StreamEvent;
}

type StreamCollaborators = Pick<ApiCollaborators, 'stopping' | 'clock'>;

/**
 * Sends server-sent events until all measurements or probes have ended, the client leaves, or the server stops. A client that reads slowly
 * is sent fewer events, not late ones: events that it cannot take are left out, unless they tell of an end, and `progress` tells it what it
 * missed. Memory per client is bounded.
 */
export function streamProgress(
  options: ProgressStreamOptions,
  reply: FastifyReply,
  collaborators: StreamCollaborators,
): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    connection: 'keep-alive',
  });
  new ProgressStream(options, reply.raw, collaborators).start();
}

class ProgressStream {
  readonly #options: ProgressStreamOptions;
  readonly #response: ServerResponse;
  readonly #collaborators: StreamCollaborators;
  readonly #ended = new Set<number>();
  /** Events about those that ended and that the client has not been told of. */
  readonly #untold = new Map<number, StreamEvent>();
  #reported = -1;
  #ticks = 0;
  #takenAt: number;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(options: ProgressStreamOptions, response: ServerResponse, collaborators: StreamCollaborators) {
    this.#options = options;
    this.#response = response;
    this.#collaborators = collaborators;
    this.#takenAt = collaborators.clock.now();
  }

  start(): void {
    // A client that left before the stream began closes nothing that would end it.
    if (this.#response.destroyed) return;
    this.#unsubscribe = this.#options.subscribe(this);
    this.#timer = setInterval(() => this.#tick(), REPORT_MS);
    this.#response.on('close', this.#close);
    this.#response.on('drain', () => {
      this.#takenAt = this.#collaborators.clock.now();
    });
    this.#collaborators.stopping.addEventListener('abort', this.#close, { once: true });
    this.#catchUp();
  }

  /** A measurement or probe has ended. The client is told as soon as it takes the event. */
  ended(id: number, event: StreamEvent): void {
    const isTold = this.#options.endedEvent !== undefined && this.#ended.has(id);
    if (isTold) return;
    this.#ended.add(id);
    this.#untold.set(id, event);
    this.#tellEnded();
  }

  /** Sends an event if the client can take it now. */
  offer(event: StreamEvent): void {
    if (this.#hasRoom()) this.#send(event);
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
    const { endedIds, endedEvent, checkPermission } = this.#options;
    Promise.all([endedIds(), checkPermission()]).then(
      ([ids]) => {
        for (const id of ids) {
          if (endedEvent !== undefined) this.ended(id, endedEvent(id));
          else this.#ended.add(id);
        }
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
    this.#send(['progress', { total, done: this.#ended.size }]);
    if (this.#ended.size < total || this.#untold.size > 0) return;
    this.#send(['complete', { total }]);
    this.#close();
  }

  #tellEnded(): void {
    for (const [id, event] of this.#untold) {
      if (!this.#hasRoom()) return;
      this.#untold.delete(id);
      this.#send(event);
    }
  }

  #hasRoom(): boolean {
    return !this.#response.writableEnded && this.#response.writableLength < MOST_WAITING_BYTES;
  }

  #send([name, data]: StreamEvent): void {
    this.#response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
