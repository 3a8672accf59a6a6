import { Worker } from 'node:worker_threads';
import { StorageError } from '../errors.ts';
import type { WorkerRequest, WorkerResponse } from './protocol.ts';

interface Waiting {
  readonly resolve: (response: { rows: unknown[]; affectedRows: number | undefined }) => void;
  readonly reject: (error: Error) => void;
}

/** The one session of an embedded database, in a worker thread. */
export class PgliteConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<unknown>;
  #nextId = 1;
  #closed = false;

  /** Opens the database in `directory`, or one in memory. */
  constructor(directory: string | undefined) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: directory });
    this.#ready = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
    this.#worker.on('message', (response: WorkerResponse) => this.#settle(response));
    this.#worker.on('error', (error) => this.#fail(error.message));
    this.#worker.on('exit', () => this.#fail('the worker has ended'));
  }

  /** Runs one statement. @throws {StorageError} `queryFailed` with the SQLSTATE, `databaseClosed` */
  async query(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<{ rows: unknown[]; affectedRows: number | undefined }> {
    await this.#ready;
    if (this.#closed) throw new StorageError('databaseClosed', 'the database is closed');
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, sql, parameters } satisfies WorkerRequest);
    });
  }

  /** Ends the session after everything asked so far. */
  async close(): Promise<void> {
    await this.#ready.catch(() => undefined);
    if (this.#closed) return;
    await this.query('checkpoint', []).catch(() => undefined);
    this.#closed = true;
    await this.#worker.terminate();
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
    for (const { reject } of this.#waiting.values()) reject(new StorageError('databaseClosed', reason));
    this.#waiting.clear();
  }
}
