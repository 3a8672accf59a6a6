import type { FastifyReply, FastifyRequest } from 'fastify';
import { joinedTexts } from './joined-texts.ts';
import { PER_PAGE, pageTurns } from './page-turns.ts';
import { sendStream } from './send-stream.ts';

/** A JSON object with one long list. */
export interface LongList<Row> {
  /** Name of the list in the object. */
  readonly name: string;
  /** Most rows to send. Default: all. */
  readonly most?: number;
  /** At most `limit` rows after one, or from the beginning. */
  readonly read: (limit: number, after: Row | undefined) => Promise<readonly Row[]>;
  /** The element of the list for a row; any value that JSON can represent. */
  readonly toElement: (row: Row) => unknown;
  /** Properties before the list. Default: none. */
  readonly head?: object;
  /** Properties after the list, once all rows have been read. Default: none. */
  readonly rest?: () => object;
  /** Whether `read` may look at much more than it returns, and limits its work itself: pages then have no share of the `pageTurns`. Default false. */
  readonly isSearch?: boolean;
}

/**
 * Sends a JSON object with a list of any length, which is read from the database a page at a time. Errors of the first page are thrown, those
 * of later ones break the connection.
 */
export async function sendList<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  list: LongList<Row>,
): Promise<FastifyReply> {
  const parts = partsOf(list);
  const first = await parts.next();
  async function* all(): AsyncGenerator<string> {
    if (first.done !== true) yield first.value;
    yield* parts;
  }
  return sendStream(request, reply.type('application/json; charset=utf-8'), all());
}

async function* partsOf<Row>(list: LongList<Row>): AsyncGenerator<string, void> {
  const { name, most = Number.POSITIVE_INFINITY, head = {}, rest = () => ({}), isSearch = false } = list;
  let separator = `{${propertiesOf(head)
    .map((property) => `${property},`)
    .join('')}${JSON.stringify(name)}:[`;
  let last: Row | undefined;
  for (let left = most; left > 0; ) {
    const limit = Math.min(PER_PAGE, left);
    const read = () => pageOf(list, limit, last);
    const page: Page<Row> = await (isSearch ? read() : pageTurns.run(read));
    for (const part of joinedTexts(page.elements.flatMap((element, i) => [i === 0 ? separator : ',', element])))
      yield part;
    if (page.elements.length > 0) separator = ',';
    last = page.last;
    left -= page.elements.length;
    if (page.elements.length < limit) break;
  }
  yield `${separator === ',' ? '' : separator}]${propertiesOf(rest())
    .map((property) => `,${property}`)
    .join('')}}`;
}

interface Page<Row> {
  /** As JSON. */
  readonly elements: readonly string[];
  readonly last: Row | undefined;
}

async function pageOf<Row>(
  { read, toElement }: LongList<Row>,
  limit: number,
  after: Row | undefined,
): Promise<Page<Row>> {
  const rows = await read(limit, after);
  const elements = await Promise.all(rows.map(toElement));
  return { elements: elements.map((element) => JSON.stringify(element)), last: rows.at(-1) };
}

const propertiesOf = (object: object): string[] =>
  Object.entries(object).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
