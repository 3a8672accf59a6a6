import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import { PrivateNodeFs } from './private-node-fs.ts';
import type { WorkerOptions, WorkerRequest, WorkerResponse } from './worker-protocol.ts';

/** Runs the embedded database in a worker thread: its queries would block the main thread. */
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');

// PGlite decodes values with such decoders. By default, they leave out U+FEFF at the beginning of a text.
globalThis.TextDecoder = class extends TextDecoder {
  constructor(...[label, options]: ConstructorParameters<typeof TextDecoder>) {
    super(label, { ...options, ignoreBOM: true });
  }
};

/**
 * The files of a database in memory are themselves in memory. The server writes to all of its cache when it starts, and the 128 MB that it has by default take most
 * of the processor time of an opening.
 */
const SMALL_CACHE = ['-c', 'shared_buffers=16MB'];

const database = await open(workerData);
// What the database was loaded from, 40 MB, must not stay in memory.
workerData.image = undefined;

port.on('message', (request: WorkerRequest) => {
  run(request).then(answer, (error: unknown) => answer({ id: request.id, error: describeError(error) }));
});
answer({ id: 0, rows: [], affectedRows: undefined });

function open({ directory, image, programs }: WorkerOptions): Promise<PGlite> {
  return PGlite.create({
    ...programs,
    ...(directory === undefined
      ? { startParams: [...PGlite.defaultStartParams, ...SMALL_CACHE] }
      : { fs: new PrivateNodeFs(directory) }),
    ...(image !== undefined && { loadDataDir: image }),
    parsers: { [types.INT8]: Number },
  });
}

async function run(request: WorkerRequest): Promise<WorkerResponse> {
  const { id, sql } = request;
  if (sql === undefined) return { id, image: await database.dumpDataDir('none') };
  const { rows, affectedRows } = await database.query(sql, [...request.parameters]);
  return { id, rows, affectedRows };
}

function answer(response: WorkerResponse): void {
  port?.postMessage(response);
}

function describeError(error: unknown): { message: string; sqlState: string } {
  const message = error instanceof Error ? error.message : String(error);
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return { message, sqlState: typeof code === 'string' ? code : '' };
}
