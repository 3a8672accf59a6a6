import { badAnswer } from './answer.ts';

/** A part of a list, and where the next part begins; absent on the last page. */
interface Page<Item, Cursor> {
  readonly items: readonly Item[];
  readonly next?: Cursor | undefined;
}

/**
 * The items of all pages of a list, which are read one after the other as the items are asked for.
 * @param load reads the page that begins at a cursor; `undefined`: the first page
 * @throws {ClientError} `badAnswer` when a page names itself as the next one
 */
export async function* itemsOf<Item, Cursor>(
  load: (cursor: Cursor | undefined) => Promise<Page<Item, Cursor>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: Cursor | undefined;
  for (;;) {
    const { items, next } = await load(cursor);
    yield* items;
    if (next === undefined) return;
    if (next === cursor) throw badAnswer(`the server sent a page that names itself as the next one: '${next}'`);
    cursor = next;
  }
}
