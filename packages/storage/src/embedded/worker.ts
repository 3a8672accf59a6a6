import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { PrivateNodeFs } from './private-node-fs.ts';
import type { WorkerRequest, WorkerResponse } from './worker-protocol.ts';

/** Runs the embedded database in a worker thread: its queries would block the main thread. */
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');

const database = await PGlite.create({
  ...(typeof workerData === 'string' && { fs: new PrivateNodeFs(workerData) }),
  parsers: { [types.INT8]: Number },
});

port.on('message', ({ id, sql, parameters }: WorkerRequest) => {
  database.query(sql, [...parameters]).then(
    ({ rows, affectedRows }) => answer({ id, rows, affectedRows }),
    (error: unknown) => answer({ id, error: describeError(error) }),
  );
});
answer({ id: 0, rows: [], affectedRows: undefined });

function answer(response: WorkerResponse): void {
  port?.postMessage(response);
}

function describeError(error: unknown): { message: string; sqlState: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return { message, sqlState: typeof code === 'string' ? code : '' };
}
