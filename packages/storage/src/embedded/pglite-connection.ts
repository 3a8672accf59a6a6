import { Worker } from 'node:worker_threads';
import { StorageError } from '../errors.ts';
import { keepWasmCode } from './wasm-code-collection.ts';
import type { WorkerRequest, WorkerResponse } from './worker-protocol.ts';

interface Waiting {
  readonly resolve: (response: { rows: unknown[]; affectedRows: number | undefined }) => void;
  readonly reject: (error: Error) => void;
}

/** The only session of an embedded database, which runs in a worker thread. */
export class PgliteConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<unknown>;
  #nextId = 1;
  #closed = false;

  /** Opens the database in `directory`, or a new one in memory. Errors are reported by the first query. */
  constructor(directory: string | undefined) {
    keepWasmCode();
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: directory });
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
    await this.#ready;
    if (this.#closed) throw closed('it was closed');
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, sql, parameters } satisfies WorkerRequest);
    });
  }

  /** Closes the session after all statements sent so far. */
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
    for (const { reject } of this.#waiting.values()) reject(closed(reason));
    this.#waiting.clear();
  }
}

function closed(reason: string): StorageError {
  return new StorageError('databaseClosed', `the embedded database is closed: ${reason}`, { reason });
}
