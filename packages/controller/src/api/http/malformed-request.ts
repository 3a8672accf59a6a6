import type { Socket } from 'node:net';
import { ControllerError } from '../../foundation/errors.ts';
import { errorBodyOf } from './errors.ts';

/** Answers what is not a request of HTTP, or came too slowly or too large, and closes its connection. */
export function answerMalformedRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const body = JSON.stringify(errorBodyOf(new ControllerError('badRequest', messageOf(error.code))));
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

function messageOf(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'the request did not arrive in time';
  if (code === 'HPE_HEADER_OVERFLOW') return 'the headers of the request are too large';
  return 'this is not a valid HTTP request';
}
