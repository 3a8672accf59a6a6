import { Worker } from 'node:worker_threads';
import { type Clock, cancelled } from '@revtr/probing';
import { ControllerError } from '../foundation/errors.ts';
import type { PngAnswer, PngRequest } from './png-worker.ts';

/** Pictures that may wait for the converter, the one under way included. */
const MOST_WAITING = 16;
/** A picture takes a fraction of a second; one that takes longer than this, milliseconds, ends the converter. */
const MOST_MS = 20_000;
const RETRY_S = 5;

interface Waiting {
  readonly resolve: (png: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Converts SVG documents to PNG with resvg in a worker thread, which begins with the first picture. */
export class PngRenderer {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  readonly #over = new AbortController();
  #worker: Worker | undefined;
  #nextId = 1;

  constructor(collaborators: { readonly clock: Clock }) {
    this.#clock = collaborators.clock;
  }

  /** @throws {ControllerError} `tooManyRequests` when too many pictures wait, `internal` when there is no picture */
  async render(svg: string, scale: number): Promise<Uint8Array> {
    if (this.#over.signal.aborted) throw failed('the server stops');
    if (this.#waiting.size >= MOST_WAITING)
      throw new ControllerError('tooManyRequests', 'the server draws too many pictures at the moment', {
        retryAfterSeconds: RETRY_S,
      });
    const worker = this.#start();
    const id = this.#nextId++;
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.#over.signal]);
    this.#clock.sleep(MOST_MS, signal).then(
      () => this.#end(worker, 'a picture took too long'),
      () => undefined,
    );
    try {
      return await new Promise<Uint8Array>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        worker.postMessage({ id, svg, scale } satisfies PngRequest);
      });
    } finally {
      this.#waiting.delete(id);
      done.abort(cancelled());
    }
  }

  /** Ends the worker; pictures that wait fail. */
  stop(): void {
    this.#over.abort(cancelled());
    if (this.#worker !== undefined) this.#end(this.#worker, 'the server stops');
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('./png-worker.ts', import.meta.url));
    worker.unref();
    worker.on('message', (answer: PngAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      if ('png' in answer) waiting?.resolve(answer.png);
      else waiting?.reject(failed(answer.error));
    });
    worker.on('error', ({ message }) => this.#end(worker, message));
    worker.on('exit', () => this.#end(worker, 'the converter ended'));
    this.#worker = worker;
    return worker;
  }

  /** Pictures of an ended worker fail; the next picture starts another worker. */
  #end(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(failed(reason));
    void worker.terminate();
  }
}

const failed = (reason: string): ControllerError => new ControllerError('internal', `the picture failed: ${reason}`);
