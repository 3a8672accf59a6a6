import { type DescMessage, fromJson, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import type { LongList } from '../../http/send-list.ts';
import type { AnswerMemory } from './answer-budget.ts';

/** Rows that are in memory as objects at once. */
const PER_PAGE = 250;
/** A row takes at least as much as an object. */
const BYTES_PER_ROW = 400;
/** The encoded pages, the message that `toBinary` makes of them, and the same with the prefix of gRPC exist at the same time. */
const COPIES = 3;

/**
 * A message with a long list, in the field that has the name of the list and a number from 1 to 15. Pages of the list are encoded as they are
 * read, because an encoded measurement takes a tenth of the memory. Fields that REST adds are left out. @throws {ControllerError} as
 * {@link AnswerMemory}
 */
export async function withList<Desc extends DescMessage, Row>(
  schema: Desc,
  list: LongList<Row>,
  memory: AnswerMemory,
): Promise<MessageShape<Desc>> {
  const message = messageOf(schema, { ...list.head });
  const { number: no } = schema.field[list.name];
  const pages: NonNullable<typeof message.$unknown> = [];
  let last: Row | undefined;
  for (let left = list.most ?? Number.POSITIVE_INFINITY; left > 0; ) {
    const limit = Math.min(PER_PAGE, left);
    const giveBack = memory.take(limit * BYTES_PER_ROW);
    const rows = await list.read(limit, last);
    last = rows.at(-1);
    left -= rows.length;
    if (rows.length > 0) {
      // A list is the concatenation of its pages, each with a tag of one byte; the first tag is written with the page.
      const data = toBinary(schema, messageOf(schema, { [list.name]: rows.map(list.toElement) })).subarray(1);
      memory.take(data.byteLength * COPIES);
      pages.push({ no, wireType: WireType.LengthDelimited, data });
    }
    giveBack();
    if (rows.length < limit) break;
  }
  message.$unknown = pages;
  return message;
}

/** An answer of REST as a message. Fields that REST adds are left out. */
export const messageOf = <Desc extends DescMessage>(schema: Desc, answer: object): MessageShape<Desc> =>
  fromJson(schema, JSON.parse(JSON.stringify(answer)), { ignoreUnknownFields: true });
