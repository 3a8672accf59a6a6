import { pipeline, Readable, type Transform } from 'node:stream';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptedCoding, type ContentCoding } from '../../web/content-coding.ts';

/** A client that has read nothing for this long is disconnected. */
const STALLED_MS = 60_000;
/** Results shrink to a seventh and take little processor time; more effort would cost more than it saves. */
const ENCODERS: Readonly<Record<ContentCoding, () => Transform>> = {
  gzip: () => createGzip({ level: 1 }),
  br: () =>
    createBrotliCompress({
      params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 18 },
    }),
};

/**
 * Sends a body part by part, as fast as the client reads it: the server never has more than a few parts in memory. The body is compressed
 * if the client accepts Brotli or gzip, unless its format is compressed already. When a part cannot be made, the connection breaks. A request for
 * the head alone gets no body, and no part is made for it: its response closes at once, so that no limit of open responses would hold.
 */
export function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  parts: AsyncIterable<string | Uint8Array>,
  { isCompressed = false }: { readonly isCompressed?: boolean } = {},
): FastifyReply {
  if (request.method === 'HEAD') {
    // A stream says nothing about its length.
    return reply.send(Readable.from([]));
  }
  reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
  const body = Readable.from(parts, { objectMode: false, highWaterMark: 65_536 });
  if (isCompressed) return reply.send(body);
  reply.header('vary', 'accept-encoding');
  const coding = acceptedCoding(request.headers['accept-encoding'], ['br', 'gzip']);
  if (coding === undefined) return reply.send(body);
  reply.header('content-encoding', coding);
  return reply.send(pipeline(body, ENCODERS[coding](), () => undefined));
}
