import { get, type IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

/** Which server is read, and as whom. */
export interface Server {
  readonly url: string;
  readonly key: string;
}

/** What an answer consisted of. */
export interface Answer {
  /** How often the text that was counted occurred. */
  readonly occurrences: number;
  /** Bytes as they were sent. */
  readonly bytesSent: number;
  /** Bytes without compression. */
  readonly bytes: number;
  /** The last hundred bytes. */
  readonly end: string;
}

const END_BYTES = 100;

/** Reads an answer of the API to its end without keeping it, compressed if the server offers that. @throws {Error} unless the answer is complete and good */
export async function read({ url, key }: Server, path: string, counted: string): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'revtr-key': key, 'accept-encoding': 'br' };
    get(`${url}${path}`, { headers, agent: false }, resolve).on('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`${path} was answered with ${response.statusCode}`);
  let [occurrences, bytesSent, bytes, end] = [0, 0, 0, Buffer.alloc(0)];
  response.on('data', (chunk: Buffer) => {
    bytesSent += chunk.length;
  });
  const isCompressed = response.headers['content-encoding'] === 'br';
  await pipeline(response, isCompressed ? createBrotliDecompress() : new PassThrough(), async (body) => {
    for await (const chunk of body) {
      const text: Buffer = Buffer.concat([end, chunk]);
      // An occurrence may begin in the chunk before, but one that ended there was counted.
      let from = Math.max(0, end.length - counted.length + 1);
      for (let at = text.indexOf(counted, from); at >= 0; at = text.indexOf(counted, from)) {
        occurrences++;
        from = at + counted.length;
      }
      bytes += chunk.length;
      end = Buffer.from(text.subarray(-END_BYTES));
    }
  });
  return { occurrences, bytesSent, bytes, end: end.toString() };
}
