import { parentPort } from 'node:worker_threads';
import { Bzip2Decoder } from './bzip2-decoder.ts';

/** A part of a bzip2 file; `undefined` asks for the next block that is complete, and null tells the end of the file. */
export type Bzip2Request = Uint8Array | null | undefined;
/** One block; `undefined` when more input is needed, or after the end; or an error. */
export type Bzip2Answer =
  | { readonly block: Uint8Array | undefined }
  | { readonly error: string; readonly endsEarly: boolean };

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');

const decoder = new Bzip2Decoder();
let blocks: Generator<Uint8Array> | undefined;

port.on('message', (request: Bzip2Request) => {
  port.postMessage(answer(request));
});

function answer(request: Bzip2Request): Bzip2Answer {
  try {
    if (request !== undefined) blocks = request === null ? decoder.end() : decoder.push(request);
    const next = blocks?.next();
    return { block: next?.done === true ? undefined : next?.value };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: message, endsEarly: error instanceof RangeError };
  }
}
