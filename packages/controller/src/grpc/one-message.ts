import type { DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { refuseMany } from './nested-messages.ts';

/** The prefix of a message: a byte of flags, and the length (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const PREFIX_BYTES = 5;
const FIRST_BYTES = 1_024;

/** The limits of one message. */
export interface MessageLimits {
  /** Bytes, without the prefix. */
  readonly bytes: number;
  /** Messages, and texts in lists, within the message. */
  readonly nested: number;
}

/**
 * Passes on the body of a call with one message, in one piece: chunks of a byte each would cost the decoder quadratic time. `limitsOf` is asked
 * when the body begins to arrive.
 * @throws {ConnectError} from the iterator: `ResourceExhausted` for a message beyond the limits, `Unimplemented` for more than one message
 */
export async function* oneMessage(
  body: AsyncIterable<Uint8Array>,
  input: DescMessage,
  limitsOf: () => MessageLimits,
): AsyncGenerator<Uint8Array> {
  let bytes = Buffer.alloc(FIRST_BYTES);
  let received = 0;
  let end: number | undefined;
  let isPassedOn = false;
  for await (const chunk of body) {
    if (received + chunk.byteLength > (end ?? Number.POSITIVE_INFINITY)) refuseSecond();
    bytes = withRoomFor(bytes, { used: received, more: chunk.byteLength, most: end });
    bytes.set(chunk, received);
    received += chunk.byteLength;
    if (end === undefined && received >= PREFIX_BYTES) {
      end = PREFIX_BYTES + bytes.readUInt32BE(1);
      const most = limitsOf().bytes;
      if (end - PREFIX_BYTES > most)
        throw new ConnectError(`the message has more than ${most} bytes`, Code.ResourceExhausted);
      if (received > end) refuseSecond();
    }
    if (received === end && !isPassedOn) {
      isPassedOn = true;
      refuseMany(input, bytes.subarray(PREFIX_BYTES, end), limitsOf().nested);
      yield bytes.subarray(0, end);
    }
  }
  // The decoder refuses a part of a message.
  if (!isPassedOn && received > 0) yield bytes.subarray(0, received);
}

function refuseSecond(): never {
  throw new ConnectError('the call has more than one message', Code.Unimplemented);
}

/** The same buffer, or one of twice its size and not more than `most` bytes, or larger where it must be. */
function withRoomFor(
  bytes: Buffer<ArrayBuffer>,
  { used, more, most = Number.POSITIVE_INFINITY }: { used: number; more: number; most: number | undefined },
): Buffer<ArrayBuffer> {
  if (used + more <= bytes.byteLength) return bytes;
  const larger = Buffer.alloc(Math.max(Math.min(bytes.byteLength * 2, most), used + more));
  larger.set(bytes.subarray(0, used));
  return larger;
}
