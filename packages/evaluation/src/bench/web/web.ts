import { buildWeb } from '@revtr/web/build';
import { benchPages } from './browser-figures.ts';
import { firstLoadSize } from './first-load.ts';

/**
 * What a browser transfers for the first page; and, in the Chromium of Debian, how long pages take until they can be used, how a batch of
 * 10,000 rows scrolls, and how long the tree of 1,000 paths takes.
 */
export async function benchWeb() {
  await buildWeb();
  return { firstLoad: firstLoadSize(), ...(await benchPages()) };
}
