import { type ClientHttp2Session, connect, constants } from 'node:http2';

/** How a call ended, as the client sees it on the wire. */
export interface RawAnswer {
  readonly httpStatus: number | undefined;
  /** `grpc-status`, from the headers or the trailers. */
  readonly status: string | undefined;
  readonly message: string | undefined;
  /** Error code of HTTP/2 with which the stream was reset. */
  readonly reset: number;
}

/** A connection that speaks HTTP/2 without any rule of gRPC, and accepts every certificate. */
export function rawSession(port: number): ClientHttp2Session {
  const session = connect(`https://localhost:${port}`, { rejectUnauthorized: false, peerMaxConcurrentStreams: 1_000 });
  session.on('error', () => undefined);
  return session;
}

/** Bytes of a message with its prefix (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
export function framed(message: Uint8Array, { length = message.length, flags = 0 } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(flags);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** Sends a call. `send` may end the stream or not. */
export function rawCall(
  session: ClientHttp2Session,
  path: string,
  {
    body,
    headers = {},
    isEnded = true,
  }: { readonly body?: Uint8Array; readonly headers?: Record<string, string>; readonly isEnded?: boolean } = {},
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    let httpStatus: number | undefined;
    const told: Record<string, string | string[] | undefined> = {};
    stream.on('response', (answered) => {
      httpStatus = answered[':status'];
      Object.assign(told, answered);
    });
    stream.on('trailers', (trailers) => Object.assign(told, trailers));
    stream.on('error', () => undefined);
    stream.on('close', () =>
      resolve({
        httpStatus,
        status: told['grpc-status']?.toString(),
        message: told['grpc-message']?.toString(),
        reset: stream.rstCode ?? 0,
      }),
    );
    stream.resume();
    if (body !== undefined) stream.write(body);
    if (isEnded) stream.end();
  });
}
