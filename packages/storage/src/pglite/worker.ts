import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import type { WorkerRequest, WorkerResponse } from './protocol.ts';

/** Runs the embedded database off the main thread, which its queries would block. */
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');

const database = await PGlite.create({
  ...(typeof workerData === 'string' && { dataDir: workerData }),
  parsers: { [types.INT8]: Number },
});

port.on('message', ({ id, sql, parameters }: WorkerRequest) => {
  database.query(sql, [...parameters]).then(
    ({ rows, affectedRows }) => answer({ id, rows, affectedRows }),
    (error: unknown) => answer({ id, error: describe(error) }),
  );
});
answer({ id: 0, rows: [], affectedRows: undefined });

function answer(response: WorkerResponse): void {
  port?.postMessage(response);
}

function describe(error: unknown): { message: string; sqlState: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return { message, sqlState: typeof code === 'string' ? code : '' };
}
