import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ControllerError, ControllerErrorCode } from '../../foundation/errors.ts';
import { knownError, sendError } from '../http/errors.ts';

/** Status codes of gRPC that answers have, with the HTTP status that a gateway gives each (google/rpc/code.proto). */
const HTTP_STATUS = {
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  10: 409,
  12: 501,
  13: 500,
  14: 503,
  16: 401,
} as const;
type GrpcCode = keyof typeof HTTP_STATUS;

const [INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED] = [
  3, 4, 5, 7, 8,
] as const;
const [ABORTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, UNAUTHENTICATED] = [10, 12, 13, 14, 16] as const;

/** The gRPC status code of each error of the controller. */
const GRPC_CODES: Readonly<Record<ControllerErrorCode, GrpcCode>> = {
  badRequest: INVALID_ARGUMENT,
  badJson: INVALID_ARGUMENT,
  emptyBatch: INVALID_ARGUMENT,
  invalidPairs: INVALID_ARGUMENT,
  badDataset: INVALID_ARGUMENT,
  batchTooLarge: INVALID_ARGUMENT,
  bodyTooLarge: INVALID_ARGUMENT,
  unsupportedMediaType: INVALID_ARGUMENT,
  idempotencyKeyReused: INVALID_ARGUMENT,
  unauthorized: UNAUTHENTICATED,
  forbidden: PERMISSION_DENIED,
  notFound: NOT_FOUND,
  methodNotAllowed: UNIMPLEMENTED,
  requestTimeout: DEADLINE_EXCEEDED,
  conflict: ABORTED,
  quotaPerDay: RESOURCE_EXHAUSTED,
  quotaParallel: RESOURCE_EXHAUSTED,
  quotaPerMinute: RESOURCE_EXHAUSTED,
  tooManyRequests: RESOURCE_EXHAUSTED,
  internal: INTERNAL,
  upstreamFailed: UNAVAILABLE,
};

/** Name of the system in `google.rpc.ErrorInfo`. */
const DOMAIN = 'reverse-traceroute';
const TYPE_PREFIX = 'type.googleapis.com/google.rpc.';

/** `google.rpc.Status` in JSON. `error` repeats the message, as the gateway of the original's time does. */
const statusSchema = z.object({
  code: z.int().describe('Status code of gRPC'),
  message: z.string(),
  error: z.string(),
  details: z.array(z.looseObject({ '@type': z.string() })),
});
z.globalRegistry.add(statusSchema, { id: 'GoogleRpcStatus' });

/** The answers that a route of the original's version 2 may give beside its good one. */
export const statusResponses = { '4xx': statusSchema, '5xx': statusSchema };

/** The details of an error in the JSON mapping: the stable code of the controller, the faulty places, and when to try again. */
interface StatusDetails {
  readonly ErrorInfo: { readonly reason: string; readonly domain: string };
  readonly BadRequest?: { readonly fieldViolations: { readonly field: string; readonly description: string }[] };
  readonly RetryInfo?: { readonly retryDelay: string };
}

/** The code and the details with which gRPC reports an error. */
export function statusPartsOf({ code, places, retryAfterSeconds }: ControllerError): {
  readonly code: GrpcCode;
  readonly details: StatusDetails;
} {
  const fieldViolations = places.map(({ at: field, message: description }) => ({ field, description }));
  const details = {
    ErrorInfo: { reason: code, domain: DOMAIN },
    ...(fieldViolations.length > 0 && { BadRequest: { fieldViolations } }),
    ...(retryAfterSeconds !== undefined && { RetryInfo: { retryDelay: `${retryAfterSeconds}s` } }),
  };
  return { code: GRPC_CODES[code], details };
}

/** An error as `google.rpc.Status`. */
function toStatus(error: ControllerError): z.infer<typeof statusSchema> {
  const { message } = error;
  const { code, details } = statusPartsOf(error);
  return {
    ...{ code, message, error: message },
    details: Object.entries(details).map(([name, detail]) => ({ '@type': `${TYPE_PREFIX}${name}`, ...detail })),
  };
}

/** Answers what a route throws with a `google.rpc.Status`. */
export function sendStatus(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = knownError(error, request);
  return sendError(reply, known, { status: httpStatusOf(known), body: toStatus(known) });
}

/** The HTTP status with which version 2 of the original's API reports an error. */
export const httpStatusOf = ({ code }: ControllerError): number => HTTP_STATUS[GRPC_CODES[code]];
