import type { Operation } from './parts.ts';

const body = (code: string, message: string): object => ({
  'application/json': {
    schema: { $ref: '#/components/schemas/Error' },
    example: { error: { code, message, details: [] } },
  },
});

const LIMIT_HEADERS = {
  'RateLimit-Policy': { $ref: '#/components/headers/RateLimit-Policy' },
  RateLimit: { $ref: '#/components/headers/RateLimit' },
} as const;

/** Headers of good answers, by the id of the operation. */
export const SUCCESS_HEADERS: Readonly<Record<string, object>> = { submitBatch: LIMIT_HEADERS };

/** Answers that many operations give. */
export const RESPONSES = {
  Unauthorized: {
    description: 'The API key is missing, unknown, revoked or expired.',
    content: body('unauthorized', 'the request carries no API key'),
  },
  Forbidden: {
    description: 'The API key does not permit this, or only operators may do it.',
    content: body('forbidden', 'your API key does not have the scope measure'),
  },
  NotFound: {
    description: 'What the request names does not exist, or is not yours.',
    content: body('notFound', 'there is no batch 17'),
  },
  TooManyRequests: {
    description: 'A limit of the account or of the client address is used up. Nothing of the request was carried out.',
    headers: { 'Retry-After': { $ref: '#/components/headers/Retry-After' }, ...LIMIT_HEADERS },
    content: body('quotaPerDay', 'your limit is 40000 measurements a day'),
  },
  ClientError: {
    description:
      'The server rejects the request. `error.code` says why, and `error.details` names the places in the request.',
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Error' },
        example: {
          error: {
            code: 'invalidPairs',
            message: '1 of 1 pairs cannot be measured',
            details: [
              {
                at: 'revtrs[0].dst',
                code: 'destinationNotAllowed',
                message: '10.0.0.1 is Private-Use (RFC 1918) and is not probed',
              },
            ],
          },
        },
      },
    },
  },
  ServerError: {
    description: 'The server, or a service that it needs, failed.',
    content: body('internal', 'the server failed; the operator can find the reason in the log'),
  },
} as const;

/** Headers of answers. */
export const HEADERS = {
  'Retry-After': {
    description: 'Seconds after which the same request can succeed (RFC 9110, section 10.2.3)',
    schema: { type: 'integer', minimum: 0 },
    example: 30,
  },
  'RateLimit-Policy': {
    description: 'The limits of the account, in pairs (draft-ietf-httpapi-ratelimit-headers)',
    schema: { type: 'string' },
    example: '"perDay";q=40000;w=86400, "parallel";q=20000;qu="concurrent-requests", "perMinute";q=20000;w=60',
  },
  RateLimit: {
    description: 'What is left of the limits of the account, in pairs, and the seconds until that changes',
    schema: { type: 'string' },
    example: '"perDay";r=39998;t=6808, "parallel";r=19999;t=10, "perMinute";r=19999;t=60',
  },
} as const;

const refTo = (name: keyof typeof RESPONSES): { $ref: string } => ({ $ref: `#/components/responses/${name}` });

/** The answers of an operation with an error status. */
export function errorsOf(path: string, { security = [] }: Pick<Operation, 'security'>): Operation['responses'] {
  const needsKey = security.length > 0;
  return {
    ...(needsKey && { 401: refTo('Unauthorized'), 403: refTo('Forbidden') }),
    ...(path.includes('{') && { 404: refTo('NotFound') }),
    429: refTo('TooManyRequests'),
    '4XX': refTo('ClientError'),
    '5XX': refTo('ServerError'),
  };
}
