import { type DescMessage, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import { ControllerError } from '../../../foundation/errors.ts';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '../../../grpc/generated/google/rpc/error_details_pb.ts';
import { statusPartsOf } from '../status.ts';

/** What a method throws, as an error of gRPC with the code and details that REST reports. Other errors are faults of the server, for the log. */
export function toConnectError(error: unknown, onFault: (error: unknown) => void): ConnectError {
  if (error instanceof ConnectError) return error;
  if (!(error instanceof ControllerError) || error.status >= 500) onFault(error);
  const known =
    error instanceof ControllerError
      ? error
      : new ControllerError('internal', 'the server failed; the operator can find the reason in the log');
  const { code, details } = statusPartsOf(known);
  const { ErrorInfo, BadRequest, RetryInfo } = details;
  const outgoing = [
    detailOf(ErrorInfoSchema, { ...ErrorInfo }),
    ...(BadRequest ? [detailOf(BadRequestSchema, { ...BadRequest })] : []),
    ...(RetryInfo ? [detailOf(RetryInfoSchema, { ...RetryInfo })] : []),
  ];
  return new ConnectError(known.message, code, undefined, outgoing);
}

const detailOf = (desc: DescMessage, value: JsonValue) => ({ desc, value: fromJson(desc, value) });
