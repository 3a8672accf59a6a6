import { type Band, formatMs, toBands } from '@revtr/client/wording';
import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicHop, PublicResult } from '../publications/public-result.ts';
import { boxAt, type Drawing, dotAt, lineTo, textAt } from './drawing.ts';
import { fit, wrap } from './fit.ts';
import { legendAt } from './legend.ts';
import { caveatsOf, formatTime, outcomeOf } from './words.ts';

/** Size of a picture for previews of links (The Open Graph protocol, `og:image`). */
export const CARD_SIZE = { width: 1200, height: 630 } as const;
const LEFT = 48;
const RIGHT = CARD_SIZE.width - LEFT;
const TOP = 262;
const LINE = 436;
const BOTTOM = 500;
/** Networks that are drawn; more are left out in the middle. */
const MOST_BANDS = 8;
/** Hops of one network that are drawn. */
const MOST_DOTS = 8;

/** Draws a path as a line from the destination, at the left, to the source, for the preview of a link. */
export function drawCard(result: PublicResult): Drawing {
  const { destination, source } = result;
  const subtitle = [outcomeOf(result), ...caveatsOf(result)].join(' ');
  const head = [
    textAt(LEFT, 74, 'huge mono strong ink', destination),
    textAt(LEFT, 130, 'huge mono strong ink', `back to ${source}`),
    ...wrap(subtitle, RIGHT - LEFT, 24, 2).map((line, i) => textAt(LEFT, 184 + i * 34, 'large muted', line)),
  ];
  const foot = markup`${textAt(LEFT, 590, 'large strong ink', 'Reverse Traceroute')}${textAt(
    RIGHT,
    590,
    'large muted end',
    `Measured ${formatTime(result.result.startedAt)}`,
  )}${legendAt(LEFT, 540, result.result.hops, 'normal')}`;
  return { ...CARD_SIZE, body: markup`${head}${drawLine(result)}${foot}` };
}

function drawLine({ source, result: { hops, measuredThrough, stopReason } }: PublicResult): Markup {
  const all = toBands(hops);
  const half = MOST_BANDS / 2;
  const bands = all.length <= MOST_BANDS ? all : [...all.slice(0, half), ...all.slice(-half)];
  const units = bands.reduce((sum, band) => sum + unitsOf(band), 0);
  const [backs, lines, marks, texts]: [Markup[], Markup[], Markup[], Markup[]] = [[], [], [], []];
  let x = LEFT;
  let before: number | undefined;
  for (const [i, band] of bands.entries()) {
    const width = ((RIGHT - LEFT) * unitsOf(band)) / units;
    if (i % 2 === 1) backs.push(boxAt(x, TOP, width, BOTTOM - TOP, 'raised'));
    backs.push(boxAt(x, TOP, 4, BOTTOM - TOP, 'ink'));
    if (i === half && all.length > MOST_BANDS) {
      texts.push(textAt(x, TOP - 12, 'middle normal muted', `${all.length - MOST_BANDS} more networks`));
      before = undefined;
    }
    texts.push(labelAt(x + 14, width - 22, band));
    const shown = band.hops.slice(0, MOST_DOTS);
    for (const [j, { hop }] of shown.entries()) {
      const at = Math.round(x + (width * (j + 0.5)) / shown.length);
      const isSilent = hop === hops[0] && measuredThrough !== undefined;
      const trust = isSilent ? 'inferred' : hop.trust;
      if (before !== undefined) lines.push(lineTo(hop, trust, `M${before} ${LINE}H${at}`));
      const isSquare = hop.technique === 'destination' || hop.address === source;
      marks.push(dotAt(at, LINE, hop, { isSquare, isHollow: trust !== 'measured' }));
      before = at;
    }
    x += width;
  }
  if (before !== undefined && stopReason !== 'reaches' && stopReason !== 'trivial') {
    lines.push(markup`<path d="M${before} ${LINE}H${RIGHT - 18}" class="line s-end assumed"/>`);
    marks.push(boxAt(RIGHT - 18, LINE - 10, 5, 20, 'f-interdomain'));
  }
  backs.push(boxAt(RIGHT - 4, TOP, 4, BOTTOM - TOP, 'ink'));
  return markup`${backs}${lines}${marks}${texts}`;
}

/** How wide a network is drawn: its name needs space as well. */
const unitsOf = ({ hops }: Band<PublicHop>): number => Math.max(2, Math.min(hops.length, MOST_DOTS));

function labelAt(x: number, width: number, { asn, asName, hops }: Band<PublicHop>): Markup {
  const title = asn === undefined ? 'not announced' : `AS${asn}`;
  const name = asName === undefined ? [] : wrap(asName, width, 17, 3);
  const rtt = hops.find(({ hop }) => hop.rttMs !== undefined)?.hop.rttMs;
  return markup`${textAt(x, TOP + 36, 'medium strong ink', fit(title, width, 20))}${name.map((line, i) =>
    textAt(x, TOP + 64 + i * 22, 'normal muted', line),
  )}${rtt === undefined ? '' : textAt(x, LINE + 46, 'normal ink', fit(formatMs(rtt), width, 17))}`;
}
