import { pipeline, type Readable, Transform } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';

/**
 * Hands the body of a request to its route as a stream, in chunks as they arrive, up to `mostBytes` in all. Only
 * `application/octet-stream` is taken. Applies to `app` and its children.
 */
export function installUploadBody(app: FastifyInstance, mostBytes: number): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/octet-stream', async (_request: FastifyRequest, payload: Readable) =>
    // An upload that breaks off ends the stream with an error, which the route reports.
    pipeline(payload, limitBytes(mostBytes), () => undefined),
  );
}

function limitBytes(mostBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > mostBytes) done(new ControllerError('bodyTooLarge', `the file is larger than ${mostBytes} bytes`));
      else done(null, chunk);
    },
  });
}
