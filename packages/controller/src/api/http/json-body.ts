import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import { hasMoreValues } from './value-count.ts';
import { faultOf } from './well-formed.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the body is a file, which may take as long as a whole request. Default `false`. */
    isUpload?: boolean;
    /** Most values in a JSON body: arrays, objects, and what they hold. Default 2,000. */
    mostValues?: number;
  }
}

/** Routes that take more say so. */
const MOST_VALUES = 2_000;
/** A body must arrive within this time after its headers. */
const BODY_MS = 60_000;

/**
 * Reads every body as JSON, whatever its content type says, because `curl --data` calls it a form. A backslash before a line end, left
 * over from a command copied into quotes, is taken for the line continuation that was meant; valid JSON never contains one.
 * Applies to routes that are registered afterwards on `app` and its children. How large a body may be is the route's `bodyLimit`, and
 * its `mostValues`.
 */
export function installJsonBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addHook('preParsing', async (request, _reply, payload) => {
    if (request.routeOptions.config.isUpload !== true) limitTime(request.raw, payload as Readable);
    return payload;
  });
  app.addContentTypeParser('*', { parseAs: 'string' }, (request, body, done) => {
    try {
      done(null, parseJson(String(body), request.routeOptions.config.mostValues ?? MOST_VALUES));
    } catch (error) {
      if (error instanceof ControllerError) return done(error);
      const reason = error instanceof Error ? error.message : String(error);
      done(new ControllerError('badJson', `the body is not JSON: ${reason}`));
    }
  });
}

function limitTime(request: IncomingMessage, body: Readable): void {
  const timer = setTimeout(() => {
    // A request without a body, which nobody reads, has no end before its answer is sent: that may take hours.
    if (request.complete) return;
    body.destroy(new ControllerError('requestTimeout', `the body did not arrive within ${BODY_MS / 1000} seconds`));
  }, BODY_MS);
  for (const event of ['end', 'close', 'error']) body.once(event, () => clearTimeout(timer));
}

/** @throws {ControllerError} `bodyTooLarge` for more than `mostValues` */
function parseJson(text: string, mostValues: number): unknown {
  if (text.trim() === '') return undefined;
  const joined = text.replaceAll(/\\\r?\n/g, ' ');
  if (hasMoreValues(joined, mostValues))
    throw new ControllerError('bodyTooLarge', `the body has more than ${mostValues} values`);
  const value: unknown = JSON.parse(joined);
  const fault = faultOf(value);
  if (fault !== undefined) throw new Error(fault);
  return value;
}
