import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicHop } from '../publications/public-result.ts';
import { textAt } from './drawing.ts';

const TRUSTS = ['measured', 'inferred', 'assumed'] as const;
/** Width of one entry, pixels, by the size of its text. */
const ENTRY = { small: 112, normal: 150 };

/** Says what the line styles mean, of those that the path has. No line leads to the destination. */
export function legendAt(x: number, y: number, hops: readonly PublicHop[], size: keyof typeof ENTRY): Markup {
  const entry = ENTRY[size];
  const used = TRUSTS.filter((trust) => hops.slice(1).some((hop) => hop.trust === trust));
  return markup`${used.map(
    (trust, i) =>
      markup`<path d="M${x + i * entry} ${y - 4}h28" class="line s-end ${trust}"/>${textAt(x + i * entry + 36, y, `${size} muted`, trust)}`,
  )}`;
}
