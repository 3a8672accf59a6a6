import { type DescMessage, fromJson, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import type { MeasurementRow } from '@revtr/storage';
import type { RevtrList } from '../revtr-list.ts';
import type { AnswerMemory } from './answer-budget.ts';

/** Measurements that are in memory as objects at once. */
const PER_PAGE = 250;

/**
 * A message with a long list in its field `revtrs`, number `fieldNumber` (1 to 15). Pages of the list are encoded as they are read, because an
 * encoded measurement takes a tenth of the memory. Fields that REST adds are left out. @throws {ControllerError} as {@link AnswerMemory}
 */
export async function withList<Desc extends DescMessage>(
  schema: Desc,
  fieldNumber: number,
  list: RevtrList,
  memory: AnswerMemory,
): Promise<MessageShape<Desc>> {
  const message = messageOf(schema, { ...list.head });
  const pages: NonNullable<typeof message.$unknown> = [];
  let last: MeasurementRow | undefined;
  for (let left = list.most ?? Number.POSITIVE_INFINITY; left > 0; ) {
    const limit = Math.min(PER_PAGE, left);
    const rows = await list.read(limit, last);
    last = rows.at(-1);
    left -= rows.length;
    if (rows.length > 0) {
      // A list is the concatenation of its entries, each with a tag of one byte; the first tag is written with the page.
      const data = toBinary(schema, messageOf(schema, { revtrs: rows.map(list.toElement) })).subarray(1);
      memory.take(data.byteLength);
      pages.push({ no: fieldNumber, wireType: WireType.LengthDelimited, data });
    }
    if (rows.length < limit) break;
  }
  message.$unknown = pages;
  return message;
}

/** An answer of REST as a message. Fields that REST adds are left out. */
export const messageOf = <Desc extends DescMessage>(schema: Desc, answer: object): MessageShape<Desc> =>
  fromJson(schema, JSON.parse(JSON.stringify(answer)), { ignoreUnknownFields: true });
