import { Worker } from 'node:worker_threads';
import { DatasetError } from '../errors.ts';
import type { Bzip2Answer, Bzip2Request } from './bzip2-worker.ts';
import type { Content } from './limits.ts';

/** A decoder that needs longer for one block is stuck. */
const MOST_BLOCK_MS = 60_000;

/**
 * Decompresses a bzip2 file, one block at a time, in a worker thread: a block occupies its thread without a pause, and a decoder
 * that is stuck can be ended. @throws {DatasetError} `truncated`, `damaged`, or the error of `content`
 */
export async function* bunzip2(content: Content): AsyncGenerator<Uint8Array> {
  const worker = new Worker(new URL('./bzip2-worker.ts', import.meta.url));
  try {
    for await (const chunk of content) yield* blocksAfter(chunk);
    yield* blocksAfter(null);
  } finally {
    await worker.terminate();
  }

  async function* blocksAfter(request: Uint8Array | null): AsyncGenerator<Uint8Array> {
    let block = await ask(worker, request);
    for (; block !== undefined; block = await ask(worker, undefined)) yield block;
  }
}

function ask(worker: Worker, request: Bzip2Request): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      settle();
      reject(new DatasetError('damaged', `the bzip2 file is damaged: ${reason}`, { reason }));
    };
    const onMessage = (answer: Bzip2Answer): void => {
      if ('block' in answer) {
        settle();
        resolve(answer.block);
      } else if (answer.endsEarly) {
        settle();
        reject(new DatasetError('truncated', 'the bzip2 file ends early', {}));
      } else fail(answer.error);
    };
    const onError = (error: Error): void => fail(error.message);
    const timer = setTimeout(() => fail('its decoder does not end'), MOST_BLOCK_MS);
    const settle = (): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError);
    };
    worker.on('message', onMessage).on('error', onError);
    worker.postMessage(request);
  });
}
