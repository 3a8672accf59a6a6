import { hiddenNetworkSentence, TECHNIQUE_STYLES } from '@revtr/client/wording';
import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicHop } from '../publications/public-result.ts';
import { type Drawing, textAt } from './drawing.ts';
import { wrap } from './fit.ts';
import type { Layout } from './path-rows.ts';

/** Where the name and the sentence begin, and how wide the sentence is, pixels. */
const PLACES = {
  wide: { name: 12, sentence: 236, width: 752, first: 18 },
  narrow: { name: 44, sentence: 44, width: 340, first: 36 },
};

/** Draws the name of a network of which no router is visible, and why it is shown. `y`: top of the band. */
export function drawHiddenNetwork(
  network: NonNullable<PublicHop['hiddenNetwork']>,
  layout: Layout,
  y: number,
): Drawing {
  const { name, sentence, width, first } = PLACES[layout];
  const lines = wrap(hiddenNetworkSentence(network), width, 12, 3);
  const texts = lines.map((line, i) => textAt(sentence, y + first + i * 16, 'small muted', line));
  const body = markup`${textAt(name, y + 18, 'strong muted', `AS${network.asn}`)}${texts}`;
  return { width: width + sentence, height: first + 10 + (lines.length - 1) * 16, body };
}

/** The line through such a network, which leads to the hop behind it. */
export const lineThrough = (next: PublicHop | undefined, path: string): Markup =>
  markup`<path d="${path}" class="line s-${next === undefined ? 'end' : TECHNIQUE_STYLES[next.technique].family} assumed"/>`;
