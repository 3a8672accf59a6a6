import { Worker } from 'node:worker_threads';
import { StorageError } from '../errors.ts';
import type { ImageRequest, Statement, WorkerOptions, WorkerRequest, WorkerResponse } from './worker-protocol.ts';

type Success = Exclude<WorkerResponse, { readonly error: unknown }>;

interface Waiting {
  readonly resolve: (response: Success) => void;
  readonly reject: (error: Error) => void;
}

/** The only session of an embedded database, which runs in a worker thread. */
export class PgliteConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<unknown>;
  #nextId = 1;
  #closed = false;

  /** Opens the database. Errors are reported by the first query. */
  constructor(options: WorkerOptions) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: options });
    this.#ready = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
    this.#worker.on('message', (response: WorkerResponse) => this.#settle(response));
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', () => this.#fail('its worker thread ended'));
  }

  /** Runs one statement. @throws {StorageError} `queryFailed`, `databaseClosed` */
  async query(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<{ rows: unknown[]; affectedRows: number | undefined }> {
    const response = await this.#request({ sql, parameters });
    if (!('rows' in response)) throw closed('its worker thread gave a wrong answer');
    return response;
  }

  /** Copies all data of a database in memory. @throws {StorageError} `queryFailed`, `databaseClosed` */
  async image(): Promise<Blob> {
    const response = await this.#request({ sql: undefined });
    if (!('image' in response)) throw closed('its worker thread gave a wrong answer');
    return response.image;
  }

  /** Closes the session after all statements sent so far. */
  async close(): Promise<void> {
    await this.#ready.catch(() => undefined);
    if (this.#closed) return;
    await this.query('checkpoint', []).catch(() => undefined);
    this.#closed = true;
    await this.#worker.terminate();
  }

  async #request(request: Pick<Statement, 'sql' | 'parameters'> | Pick<ImageRequest, 'sql'>): Promise<Success> {
    await this.#ready;
    if (this.#closed) throw closed('it was closed');
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, ...request } satisfies WorkerRequest);
    });
  }

  #settle(response: WorkerResponse): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if ('error' in response) {
      const { message, sqlState } = response.error;
      waiting?.reject(new StorageError('queryFailed', message, { sqlState }));
    } else {
      waiting?.resolve(response);
    }
  }

  #fail(reason: string): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(closed(reason));
    this.#waiting.clear();
  }
}

function closed(reason: string): StorageError {
  return new StorageError('databaseClosed', `the embedded database is closed: ${reason}`, { reason });
}
