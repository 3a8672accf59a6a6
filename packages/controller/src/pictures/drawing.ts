import { TECHNIQUE_STYLES } from '@revtr/client/wording';
import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicHop } from '../publications/public-result.ts';

/** A part of a picture, in pixels. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly body: Markup;
}

/** A text whose baseline begins, or with the class `end` ends, at a point. */
export const textAt = (x: number, y: number, classes: string, text: string): Markup =>
  markup`<text x="${x}" y="${y}" class="${classes}">${text}</text>`;

/** The line that leads to a hop, in the colour of its technique and the style of its trust. */
export const lineTo = (hop: PublicHop, trust: PublicHop['trust'], path: string): Markup =>
  markup`<path d="${path}" class="line s-${TECHNIQUE_STYLES[hop.technique].family} ${trust}"/>`;

/** The mark of a hop: filled when it is measured; a square at the ends of the path. */
export function dotAt(x: number, y: number, hop: PublicHop, { isSquare, isHollow }: DotOptions): Markup {
  const { family } = TECHNIQUE_STYLES[hop.technique];
  const classes = `dot s-${family} ${isHollow ? 'hollow' : `f-${family}`}`;
  return isSquare
    ? markup`<rect x="${x - 6}" y="${y - 6}" width="12" height="12" rx="2" class="${classes}"/>`
    : markup`<circle cx="${x}" cy="${y}" r="6" class="${classes}"/>`;
}

export interface DotOptions {
  readonly isSquare: boolean;
  readonly isHollow: boolean;
}

/** A rectangle filled with a colour of the theme. */
export const boxAt = (x: number, y: number, width: number, height: number, fill: string): Markup =>
  markup`<rect x="${x}" y="${y}" width="${width}" height="${height}" class="${fill}"/>`;
