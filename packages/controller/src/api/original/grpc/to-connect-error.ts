import { type DescMessage, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { cutText } from '../../../foundation/cut-text.ts';
import { ControllerError } from '../../../foundation/errors.ts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../../../grpc/generated/google/rpc/error_details_pb.ts';
import { statusPartsOf } from '../status.ts';

/** An error is sent in trailers: a client resets the stream, or closes the connection, if they are too long for it. */
const MOST_MESSAGE_BYTES = 1_024;
const MOST_PLACES = 20;
const MOST_PLACE_BYTES = 100;
const MOST_DESCRIPTION_BYTES = 200;

/**
 * What a method throws, as an error of gRPC with the code and details that REST reports, without the places after the first 20. Other errors
 * are faults of the server, for the log.
 */
export function toConnectError(error: unknown, onFault: (error: unknown) => void): ConnectError {
  if (error instanceof ConnectError) return error;
  if (!(error instanceof ControllerError) || error.status >= 500) onFault(error);
  const known =
    error instanceof ControllerError
      ? error
      : new ControllerError('internal', 'the server failed; the operator can find the reason in the log');
  const { code, details } = statusPartsOf(known);
  const { ErrorInfo, BadRequest, RetryInfo } = details;
  const places = BadRequest?.fieldViolations ?? [];
  const fieldViolations = places.slice(0, MOST_PLACES).map(({ field, description, reason }) => ({
    ...{ field: cutText(field, MOST_PLACE_BYTES), description: cutText(description, MOST_DESCRIPTION_BYTES), reason },
  }));
  const outgoing = [
    detailOf(ErrorInfoSchema, { ...ErrorInfo }),
    ...(places.length > 0 ? [detailOf(BadRequestSchema, { fieldViolations })] : []),
    ...(RetryInfo ? [detailOf(RetryInfoSchema, { ...RetryInfo })] : []),
  ];
  const text = cutText(known.message, MOST_MESSAGE_BYTES);
  const listed =
    places.length > MOST_PLACES ? `; the details list the first ${MOST_PLACES} of ${places.length} places` : '';
  return new ConnectError(text + listed, code, undefined, outgoing);
}

const detailOf = (desc: DescMessage, value: JsonValue) => ({ desc, value: fromJson(desc, value) });
