import type { Readable } from 'node:stream';
import { StorageError } from '@revtr/storage';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError, type ErrorDetail } from '../../foundation/errors.ts';
import { rateLimitHeaders } from './rate-limit-headers.ts';

/** The body of every answer with an error status. */
const errorBodySchema = z.object({
  error: z.object({
    code: z.string().describe('Stable; what programs should look at'),
    message: z.string(),
    details: z.array(z.object({ at: z.string(), code: z.string(), message: z.string() })),
  }),
});
z.globalRegistry.add(errorBodySchema, { id: 'Error' });

/** A good answer that is sent as a stream, of one of the content types. */
export const streamResponse = (description: string, ...contentTypes: readonly string[]) => ({
  description,
  content: Object.fromEntries(contentTypes.map((type) => [type, { schema: streamSchema }])),
});
const streamSchema = z.custom<Readable>().meta({ type: 'string' });

/** The answers a route may give beside its good one. */
export const errorResponses = { '4xx': errorBodySchema, '5xx': errorBodySchema };

/** Answers requests whose URL cannot be decoded, which never reach a route. */
export function answerBadUrl(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendError(reply, new ControllerError('badRequest', error.message));
}

/**
 * Turns everything that is thrown into an answer, and logs faults of the server as errors. `sendPage` may answer requests for which there
 * is no route with a page for people; it returns whether it did.
 */
export function installErrorHandler(
  app: FastifyInstance,
  sendPage: (request: FastifyRequest, reply: FastifyReply) => boolean = () => false,
): void {
  const methods = new Map<string, readonly string[]>();
  // `app.hasRoute` takes its URL as a pattern and throws for some: it must not get the URL of a request.
  app.addHook('onRoute', ({ url, method }) => {
    methods.set(url, [...(methods.get(url) ?? []), ...[method].flat()]);
  });
  app.setErrorHandler<FastifyError>((error, request, reply) => sendError(reply, knownError(error, request)));
  app.setNotFoundHandler((request, reply) => {
    const [url] = request.url.split('?');
    const allowed = (methods.get(url) ?? []).filter((method) => method !== 'HEAD');
    if (allowed.length === 0) {
      if (sendPage(request, reply.code(404))) return reply;
      return sendError(reply, new ControllerError('notFound', `there is no ${url}`));
    }
    reply.header('allow', allowed.join(', '));
    return sendError(reply, new ControllerError('methodNotAllowed', `${url} takes ${allowed.join(' and ')} requests`));
  });
}

/** Answers with an error: by default with its own status, and the body of all routes but the original's. */
export function sendError(
  reply: FastifyReply,
  error: ControllerError,
  { status, body }: { readonly status: number; readonly body: object } = {
    status: error.status,
    body: errorBodyOf(error),
  },
): FastifyReply {
  const { retryAfterSeconds, limits } = error;
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (limits !== undefined) reply.headers(rateLimitHeaders(limits));
  // A stream may fail before its first bytes are compressed.
  reply.removeHeader('content-encoding');
  return reply.code(status).type('application/json').serializer(JSON.stringify).send(body);
}

/** The body of the answer that reports an error. */
export const errorBodyOf = ({ code, message, places: details }: ControllerError): z.input<typeof errorBodySchema> => ({
  error: { code, message, details: [...details] },
});

/** The code that a schema of this project gives an issue, for instance `ipv6NotSupported`. */
const ownCodeOf = (params: unknown): string | undefined => issueSchema.safeParse(params).data?.params.code;

const issueSchema = z.object({ params: z.object({ code: z.string() }) });

/** What is thrown, as an error of the controller. Faults of the server are logged. */
export function knownError(error: FastifyError, request: FastifyRequest): ControllerError {
  const known = toControllerError(error);
  if (known.status >= 500) request.log.error({ err: error }, 'request failed');
  return known;
}

function toControllerError(error: FastifyError): ControllerError {
  if (error instanceof ControllerError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const details = error.validation.map(({ instancePath, keyword, message, params }): ErrorDetail => {
      const at = instancePath
        .replace(/^\//, '')
        .replaceAll(/\/(\d+)/g, '[$1]')
        .replaceAll('/', '.');
      return { at, code: ownCodeOf(params) ?? keyword, message: message ?? 'invalid' };
    });
    return new ControllerError('badRequest', 'the request does not have the expected form', { places: details });
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new ControllerError('bodyTooLarge', 'the body is too large');
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new ControllerError('unsupportedMediaType', 'this route does not take a body of this content type');
  if (error instanceof StorageError && error.is('coldUnreadable'))
    return new ControllerError('resultUnreadable', error.message);
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return new ControllerError('badRequest', error.message);
  return new ControllerError('internal', 'the server failed; the operator can find the reason in the log');
}
