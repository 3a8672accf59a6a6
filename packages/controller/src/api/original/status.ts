import { Code } from '@connectrpc/connect';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ControllerError, ControllerErrorCode } from '../../foundation/errors.ts';
import { knownError, sendError } from '../http/errors.ts';

/** Status codes of gRPC that answers have, with the HTTP status that a gateway gives each (google/rpc/code.proto). */
const HTTP_STATUS = {
  [Code.InvalidArgument]: 400,
  [Code.DeadlineExceeded]: 504,
  [Code.NotFound]: 404,
  [Code.PermissionDenied]: 403,
  [Code.ResourceExhausted]: 429,
  [Code.Aborted]: 409,
  [Code.Unimplemented]: 501,
  [Code.Internal]: 500,
  [Code.Unavailable]: 503,
  [Code.Unauthenticated]: 401,
} as const;
type GrpcCode = keyof typeof HTTP_STATUS;

/** The gRPC status code of each error of the controller. */
const GRPC_CODES: Readonly<Record<ControllerErrorCode, GrpcCode>> = {
  badRequest: Code.InvalidArgument,
  badJson: Code.InvalidArgument,
  emptyBatch: Code.InvalidArgument,
  invalidPairs: Code.InvalidArgument,
  badDataset: Code.InvalidArgument,
  batchTooLarge: Code.InvalidArgument,
  bodyTooLarge: Code.InvalidArgument,
  unsupportedMediaType: Code.InvalidArgument,
  idempotencyKeyReused: Code.InvalidArgument,
  unauthorized: Code.Unauthenticated,
  forbidden: Code.PermissionDenied,
  notFound: Code.NotFound,
  methodNotAllowed: Code.Unimplemented,
  requestTimeout: Code.DeadlineExceeded,
  conflict: Code.Aborted,
  quotaPerDay: Code.ResourceExhausted,
  quotaParallel: Code.ResourceExhausted,
  quotaPerMinute: Code.ResourceExhausted,
  tooManyRequests: Code.ResourceExhausted,
  resultUnreadable: Code.Internal,
  internal: Code.Internal,
  upstreamFailed: Code.Unavailable,
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
  readonly BadRequest?: {
    /** `reason` is the stable code of the fault, such as `ipv6NotSupported`. */
    readonly fieldViolations: { readonly field: string; readonly description: string; readonly reason: string }[];
  };
  readonly RetryInfo?: { readonly retryDelay: string };
}

/** The code and the details with which gRPC reports an error. */
export function statusPartsOf({ code, places, retryAfterSeconds }: ControllerError): {
  readonly code: GrpcCode;
  readonly details: StatusDetails;
} {
  const fieldViolations = places.map(({ at: field, message: description, code: reason }) => ({
    ...{ field, description, reason },
  }));
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
