import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DatasetError } from '../errors.ts';
import { bunzip2 } from './bunzip2.ts';
import type { Content } from './limits.ts';

/**
 * The content of a file that may be compressed by gzip (RFC 1952) or bzip2, which its first bytes show.
 * @throws {DatasetError} `truncated`, `damaged`, or the error of `content`
 */
export async function* decompressed(content: Content): AsyncGenerator<Uint8Array> {
  const chunks = content[Symbol.asyncIterator]();
  try {
    const { head, ended } = await headOf(chunks);
    const whole = joined(head, ended ? undefined : chunks);
    if (head[0] === 0x1f && head[1] === 0x8b) yield* gunzip(whole);
    else if (head.subarray(0, 3).toString('latin1') === 'BZh') yield* bunzip2(whole);
    else yield* whole;
  } finally {
    // Ends the source also when the reader has stopped before its end.
    await chunks.return?.();
  }
}

/** The first three bytes or more, however small the chunks are. */
async function headOf(chunks: AsyncIterator<Uint8Array>): Promise<{ readonly head: Buffer; readonly ended: boolean }> {
  let head = Buffer.alloc(0);
  while (head.length < 3) {
    const next = await chunks.next();
    if (next.done === true) return { head, ended: true };
    head = Buffer.concat([head, next.value]);
  }
  return { head, ended: false };
}

async function* joined(head: Uint8Array, chunks: AsyncIterator<Uint8Array> | undefined): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  if (chunks === undefined) return;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
}

async function* gunzip(content: Content): AsyncGenerator<Uint8Array> {
  const output = createGunzip();
  // The reader of the output receives every error. The listener keeps an error that comes after the reader has stopped from
  // ending the process.
  output.on('error', () => undefined);
  let failure: unknown;
  const feeding = pipeline(Readable.from(watched(), { objectMode: false }), output).catch(() => undefined);
  try {
    for await (const chunk of output) yield chunk;
  } catch (error) {
    if (failure !== undefined) throw failure;
    const reason = error instanceof Error ? error.message : String(error);
    if (reason === 'unexpected end of file') throw new DatasetError('truncated', 'the gzip file ends early', {});
    throw new DatasetError('damaged', `the gzip file is damaged: ${reason}`, { reason });
  } finally {
    output.destroy();
    await feeding;
  }

  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* content;
    } catch (error) {
      failure = error;
      throw error;
    }
  }
}
