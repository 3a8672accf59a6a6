import { formatMs, TECHNIQUE_STYLES } from '@revtr/client/wording';
import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicHop } from '../publications/public-result.ts';
import { boxAt, textAt } from './drawing.ts';
import { fit } from './fit.ts';
import { trustOf } from './words.ts';

/** How a path is laid out: in columns, or below each other on a narrow page. */
export const LAYOUTS = ['wide', 'narrow'] as const;
export type Layout = (typeof LAYOUTS)[number];

/** A hop with what surrounds it. */
export interface Row {
  readonly hop: PublicHop;
  readonly isSource: boolean;
  /** A destination that did not answer. */
  readonly isSilent: boolean;
  /** How much longer its RTT is than that of the next hop toward the source; `undefined` for less than 30 ms. */
  readonly jumpMs: number | undefined;
}

/** Columns of the wide layout: left edges, or right edges of what ends there. */
const WIDE = { who: 236, rttEnd: 540, bar: 548, jump: 606, technique: 676, trustEnd: 988 };
const NARROW = { who: 44, end: 388 };
const BAR = 50;
const WHO_WIDTH = { wide: 236, narrow: 340 };

const secondLineOf = ({ name, alternatives }: PublicHop): string =>
  [name, alternatives === undefined ? undefined : `or ${alternatives.join(', ')}`].filter(Boolean).join(' ');

/** Height of a row, pixels. */
export function heightOf({ hop }: Row, layout: Layout): number {
  const second = secondLineOf(hop) === '' ? 0 : 16;
  return (layout === 'wide' ? 27 : 46) + second;
}

/** Draws the texts of a row whose top is at `y`. `maxMs` is the right end of the scale of RTTs. */
export function drawRow(row: Row, y: number, layout: Layout, maxMs: number): Markup {
  const second = fit(secondLineOf(row.hop), WHO_WIDTH[layout], 12);
  const x = layout === 'wide' ? WIDE.who : NARROW.who;
  return markup`${textAt(x, y + 18, 'mono strong ink', row.hop.address)}${
    second === '' ? '' : textAt(x, y + 34, 'small muted', second)
  }${layout === 'wide' ? wideColumns(row, y + 18, maxMs) : narrowLines(row, y + 18, second === '' ? 19 : 35)}`;
}

function wideColumns({ hop, isSource, isSilent, jumpMs }: Row, y: number, maxMs: number): Markup {
  const { rttMs, technique } = hop;
  const bar =
    rttMs === undefined
      ? ''
      : markup`${textAt(WIDE.rttEnd, y, 'end ink', formatMs(rttMs))}${boxAt(WIDE.bar, y - 7, BAR, 5, 'hairline')}${boxAt(
          WIDE.bar,
          y - 7,
          (BAR * rttMs) / Math.max(maxMs, 1),
          5,
          'muted',
        )}`;
  const jump = jumpMs === undefined ? '' : textAt(WIDE.jump, y, 'small strong warningInk', jumpText(jumpMs));
  return markup`${bar}${jump}${labelAt(WIDE.technique, y, technique, isSource)}${textAt(
    WIDE.trustEnd,
    y,
    'end ink',
    trustOf(hop, isSilent),
  )}`;
}

function narrowLines({ hop, isSource, isSilent, jumpMs }: Row, y: number, below: number): Markup {
  const { rttMs, technique } = hop;
  const rtt = rttMs === undefined ? '' : `${jumpMs === undefined ? '' : `${jumpText(jumpMs)} · `}${formatMs(rttMs)}`;
  const classes = jumpMs === undefined ? 'end ink' : 'end strong warningInk';
  return markup`${textAt(NARROW.end, y, classes, rtt)}${labelAt(NARROW.who, y + below, technique, isSource)}${textAt(
    NARROW.end,
    y + below,
    'end ink',
    trustOf(hop, isSilent),
  )}`;
}

const jumpText = (ms: number): string => `+${Math.round(ms)} ms`;

function labelAt(x: number, y: number, technique: PublicHop['technique'], isSource: boolean): Markup {
  const { label, family } = TECHNIQUE_STYLES[technique];
  return markup`<rect x="${x}" y="${y - 9}" width="9" height="9" rx="2" class="f-${family}"/>${textAt(
    x + 15,
    y,
    'ink',
    isSource ? `source · ${label}` : label,
  )}`;
}
