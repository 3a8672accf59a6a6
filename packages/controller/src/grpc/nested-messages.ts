import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';

/**
 * Counts the messages within a message, and the texts in its lists, before it is decoded: an empty one takes two bytes, and up to a thousand
 * times the memory and the time when it is decoded.
 * @throws {ConnectError} `ResourceExhausted` for more than `most` of them
 */
export function refuseMany(input: DescMessage, message: Uint8Array, most: number): void {
  let count = 0;
  const reader = new BinaryReader(message);
  const read = (desc: DescMessage, end: number): void => {
    while (reader.pos < end) {
      const [number, type] = reader.tag();
      const field = desc.fields.find((each) => each.number === number);
      const inner = field && messageOf(field);
      if (type === WireType.LengthDelimited && (inner !== undefined || isTexts(field)) && ++count > most)
        throw new ConnectError('the message has too many parts', Code.ResourceExhausted);
      if (inner === undefined || type !== WireType.LengthDelimited) reader.skip(type, number);
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

const isTexts = (field: DescField | undefined): boolean =>
  field?.fieldKind === 'list' && field.scalar === ScalarType.STRING;

/** The message that a field holds, or its list of messages. */
const messageOf = (field: DescField): DescMessage | undefined =>
  field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
