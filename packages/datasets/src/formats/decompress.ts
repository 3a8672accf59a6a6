import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import unbzip2 from 'unbzip2-stream';
import { DatasetError } from '../errors.ts';

/**
 * The content of a file that may be packed by gzip or bzip2, told by its first bytes. A file that is cut makes the stream fail
 * with {@link DatasetError} `truncated`.
 */
export async function* decompressed(input: Readable): AsyncGenerator<Buffer> {
  const chunks = input[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const head = Buffer.from(first.value);
  const source = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield Buffer.from(next.value);
  };
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  const isBzip2 = head.subarray(0, 3).toString('latin1') === 'BZh';
  if (!isGzip && !isBzip2) {
    yield* source();
    return;
  }
  const output = new PassThrough();
  // What fails is told to whoever reads the output.
  pipeline(source, isGzip ? createGunzip() : unbzip2(), output).catch((error: unknown) =>
    output.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    for await (const chunk of output) yield Buffer.from(chunk);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DatasetError('truncated', `the file is cut, or damaged: ${reason}`);
  }
}
