import { markup } from '../foundation/markup.ts';
import type { PublicResult } from '../publications/public-result.ts';
import { drawPath } from './path-picture.ts';
import { titleOf } from './words.ts';

/** Height of what the page has below the picture, pixels. */
export const EMBED_FOOT = 44;

/** HTML that shows a result in another page. `url`: the page for embedding. */
export function embedCode(url: string, result: PublicResult): string {
  const { height } = drawPath(result, 'wide');
  return markup`<iframe src="${url}" title="${titleOf(result)}" width="100%" height="${Math.ceil(height) + EMBED_FOOT}" style="border:0" loading="lazy" referrerpolicy="no-referrer" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>`
    .text;
}
