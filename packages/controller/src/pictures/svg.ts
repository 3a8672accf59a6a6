import { hiddenNetworkSentence, toBands } from '@revtr/client/wording';
import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicResult } from '../publications/public-result.ts';
import { boxAt, type Drawing } from './drawing.ts';
import { styleSheetOf, type Theme } from './theme.ts';
import { describeHop, networkName, summaryOf, titleOf } from './words.ts';

/**
 * A drawing as an SVG document (SVG 2). It has no scripts, no links and no references to anything outside, and says in `title` and `desc`
 * what it shows.
 */
export const svgDocument = (drawing: Drawing, result: PublicResult, theme: Theme): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${svgElement(drawing, result, { id: 'path', styleSheet: styleSheetOf(theme) }).text}\n`;

/** A drawing as an element. `id` begins the ids inside it; without a style sheet, the page around it must have it. */
export function svgElement(
  { width, height, body }: Drawing,
  result: PublicResult,
  { id, styleSheet }: { readonly id: string; readonly styleSheet?: string },
): Markup {
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${titleOf(result)}</title><desc id="${id}-desc">${descriptionOf(result)}</desc>${
    styleSheet === undefined ? '' : markup`<style>${styleSheet}</style>`
  }${boxAt(0, 0, width, height, 'paper')}${body}</svg>`;
}

function descriptionOf(result: PublicResult): string {
  const { hops, measuredThrough } = result.result;
  const first = hops[0];
  const networks = toBands(hops).flatMap((band) => {
    const described = band.hops.map(({ hop }) => describeHop(hop, hop === first && measuredThrough !== undefined));
    const hidden = band.hops[band.hops.length - 1].hop.hiddenNetwork;
    return [
      `${networkName(band)}: ${described.join('; ')}.`,
      ...(hidden === undefined ? [] : [`AS${hidden.asn}: ${hiddenNetworkSentence(hidden)}`]),
    ];
  });
  return [summaryOf(result), ...networks].join(' ');
}
