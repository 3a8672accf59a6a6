import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';

/** The prefix of a message: a byte of flags, and the length (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const PREFIX_BYTES = 5;

/**
 * Passes on the body of a call with one message. Counts the messages within the message before its last byte is passed on: an empty one takes two
 * bytes, and a thousand times the memory and the time when it is decoded.
 * @throws {ConnectError} from the iterator: `ResourceExhausted` for more than `most` of them
 */
export async function* withFewMessages(
  body: AsyncIterable<Uint8Array>,
  input: DescMessage,
  most: number,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  let end = Number.POSITIVE_INFINITY;
  for await (const chunk of body) {
    chunks.push(chunk);
    received += chunk.byteLength;
    if (end === Number.POSITIVE_INFINITY && received >= PREFIX_BYTES)
      end = PREFIX_BYTES + Buffer.concat(chunks, PREFIX_BYTES).readUInt32BE(1);
    if (received >= end) refuseMany(input, Buffer.concat(chunks.splice(0), received).subarray(PREFIX_BYTES, end), most);
    yield chunk;
  }
}

function refuseMany(input: DescMessage, message: Uint8Array, most: number): void {
  let count = 0;
  const reader = new BinaryReader(message);
  const read = (desc: DescMessage, end: number): void => {
    while (reader.pos < end) {
      const [number, type] = reader.tag();
      const field = desc.fields.find((each) => each.number === number);
      const inner = field && messageOf(field);
      if (inner === undefined || type !== WireType.LengthDelimited) reader.skip(type, number);
      else if (++count > most) throw new ConnectError('the message has too many parts', Code.ResourceExhausted);
      else {
        const length = reader.uint32();
        read(inner, reader.pos + length);
      }
    }
  };
  try {
    read(input, message.byteLength);
  } catch (error) {
    // What cannot be decoded is refused by the decoder, which says why.
    if (error instanceof ConnectError) throw error;
  }
}

/** The message that a field holds, or its list of messages. */
const messageOf = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
