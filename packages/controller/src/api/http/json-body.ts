import type { FastifyInstance } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';

/**
 * Reads every body as JSON, whatever its content type says: `curl --data` calls it a form. A backslash before a line end, left over
 * from a command copied into quotes, is taken for the line continuation that was meant; valid JSON never holds one.
 */
export function installJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    const text = String(body);
    try {
      done(null, text.trim() === '' ? undefined : parseJson(text));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      done(new ControllerError('badJson', `the body is not JSON: ${reason}`));
    }
  });
}

function parseJson(text: string): unknown {
  const continued = text.replaceAll(/\\\r?\n/g, ' ');
  return JSON.parse(continued);
}
