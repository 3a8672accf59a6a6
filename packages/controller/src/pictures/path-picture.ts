import { type Band, toBands } from '@revtr/client/wording';
import { type Markup, markup } from '../foundation/markup.ts';
import type { PublicHop, PublicResult } from '../publications/public-result.ts';
import { boxAt, type Drawing, dotAt, lineTo, textAt } from './drawing.ts';
import { fit, wrap } from './fit.ts';
import { drawHiddenNetwork, lineThrough } from './hidden-network.ts';
import { legendAt } from './legend.ts';
import { drawRow, heightOf, type Layout, type Row } from './path-rows.ts';
import { caveatsOf, formatTime, networkName, outcomeOf } from './words.ts';

/** Hops that are drawn; more are left out in the middle, so that the work for a picture has a limit. */
const FIRST_DRAWN = 40;
const LAST_DRAWN = 20;
const JUMP_MS = 30;
const WIDTHS = { wide: 1000, narrow: 400 };
const TRACKS = { wide: 212, narrow: 22 };
const NETWORK_WIDTH = 180;
/** From the top of a row to the middle of its dot. */
const DOT = 14;
const BORDER = 3;

/** Draws a path as a line from the destination, at the top, to the source. */
export function drawPath(result: PublicResult, layout: Layout): Drawing {
  const width = WIDTHS[layout];
  const head = drawHead(result, layout);
  const body = drawBands(result, layout, head.height);
  const y = head.height + body.height;
  const foot = drawFoot(result, layout, y);
  return { width, height: y + foot.height, body: markup`${head.body}${body.body}${foot.body}` };
}

function drawHead(result: PublicResult, layout: Layout): Drawing {
  const width = WIDTHS[layout];
  const { destination, source } = result;
  const titles = layout === 'wide' ? [`${destination} back to ${source}`] : [destination, `back to ${source}`];
  const parts: Markup[] = titles.map((text, i) => textAt(12, 30 + i * 24, 'title mono strong ink', text));
  let y = 30 + titles.length * 24 - 4;
  for (const line of wrap(outcomeOf(result), width - 24, 13, 3)) {
    parts.push(textAt(12, y, 'ink', line));
    y += 19;
  }
  for (const caveat of caveatsOf(result)) {
    const lines = wrap(caveat, width - 40, 13, 3);
    parts.push(
      boxAt(12, y - 10, width - 24, lines.length * 18 + 6, 'warning'),
      boxAt(12, y - 10, 4, lines.length * 18 + 6, 'f-intradomain'),
    );
    parts.push(...lines.map((line, i) => textAt(24, y + 5 + i * 18, 'warningInk', line)));
    y += lines.length * 18 + 12;
  }
  return { width, height: y, body: markup`${parts}` };
}

/** The rows of a path, without those that are left out in the middle. */
function rowsOf({ source, result: { hops, measuredThrough } }: PublicResult): ReadonlyMap<PublicHop, Row> {
  const rows = new Map<PublicHop, Row>();
  for (const [index, hop] of hops.entries()) {
    if (index >= FIRST_DRAWN && index < hops.length - LAST_DRAWN) continue;
    const nearer = hops.slice(index + 1).find(({ rttMs }) => rttMs !== undefined)?.rttMs;
    const jumpMs = hop.rttMs === undefined || nearer === undefined ? 0 : hop.rttMs - nearer;
    rows.set(hop, {
      hop,
      isSource: hop.address === source,
      isSilent: index === 0 && measuredThrough !== undefined,
      jumpMs: jumpMs >= JUMP_MS ? jumpMs : undefined,
    });
  }
  return rows;
}

function drawBands(result: PublicResult, layout: Layout, top: number): Drawing {
  const { hops, stopReason } = result.result;
  const width = WIDTHS[layout];
  const track = TRACKS[layout];
  const rows = rowsOf(result);
  const drawnHops = [...rows.keys()];
  const leftOut = hops.length - rows.size;
  const maxMs = Math.max(0, ...hops.map(({ rttMs = 0 }) => rttMs));
  const [backs, lines, marks, texts]: [Markup[], Markup[], Markup[], Markup[]] = [[], [], [], []];
  let y = top;
  let above: number | undefined;
  let drawn = 0;
  for (const [i, band] of toBands(drawnHops).entries()) {
    const bandTop = y;
    y += BORDER;
    const label = networkLabel(band, layout, y);
    texts.push(label.body);
    if (layout === 'narrow') y += label.height;
    for (const row of band.hops.flatMap(({ hop }) => rows.get(hop) ?? [])) {
      if (drawn++ === FIRST_DRAWN && leftOut > 0) {
        texts.push(textAt(track + 24, y + 18, 'muted', `${leftOut} more hops`));
        y += 28;
      }
      const { hop, isSilent, isSource } = row;
      const middle = y + DOT;
      const trust = isSilent ? 'inferred' : hop.trust;
      if (above !== undefined) lines.push(lineTo(hop, trust, `M${track} ${above}V${middle}`));
      const isSquare = isSource || hop.technique === 'destination';
      marks.push(dotAt(track, middle, hop, { isSquare, isHollow: trust !== 'measured' }));
      texts.push(drawRow(row, y, layout, maxMs));
      above = middle;
      y += heightOf(row, layout);
    }
    if (layout === 'wide') y = Math.max(y, bandTop + BORDER + label.height);
    if (i % 2 === 1) backs.push(boxAt(0, bandTop, width, y - bandTop, 'raised'));
    backs.push(boxAt(0, bandTop, width, BORDER, 'ink'));
    const last = band.hops[band.hops.length - 1];
    if (last.hop.hiddenNetwork !== undefined) {
      backs.push(boxAt(0, y, width, BORDER, 'ink'));
      const hidden = drawHiddenNetwork(last.hop.hiddenNetwork, layout, y + BORDER);
      texts.push(hidden.body);
      y += BORDER + hidden.height;
      lines.push(lineThrough(drawnHops[last.index + 1], `M${track} ${above ?? y}V${y}`));
      above = y;
    }
  }
  if (above !== undefined && stopReason !== 'reaches' && stopReason !== 'trivial') {
    lines.push(markup`<path d="M${track} ${above}V${y + 14}" class="line s-end assumed"/>`);
    marks.push(boxAt(track - 9, y + 14, 18, 4, 'f-interdomain'));
    texts.push(textAt(track + 24, y + 19, 'strong ink', 'The path ends here.'));
    y += 30;
  }
  backs.push(boxAt(0, y, width, BORDER, 'ink'));
  return { width, height: y + BORDER - top, body: markup`${backs}${lines}${marks}${texts}` };
}

function networkLabel({ asn, asName }: Band<PublicHop>, layout: Layout, y: number): Drawing {
  if (layout === 'narrow') {
    const name = fit(networkName({ asn, asName }), 340, 13);
    return { width: 340, height: 22, body: textAt(44, y + 17, 'strong ink', name) };
  }
  if (asn === undefined) {
    const lines = wrap(networkName({ asn, asName }), NETWORK_WIDTH, 12, 2);
    const body = markup`${lines.map((line, i) => textAt(12, y + 18 + i * 16, 'small muted', line))}`;
    return { width: NETWORK_WIDTH, height: 28 + (lines.length - 1) * 16, body };
  }
  const lines = asName === undefined ? [] : wrap(asName, NETWORK_WIDTH, 12, 2);
  const name = lines.map((line, i) => textAt(12, y + 35 + i * 16, 'small muted', line));
  const body = markup`${textAt(12, y + 18, 'strong ink', `AS${asn}`)}${name}`;
  return { width: NETWORK_WIDTH, height: 28 + lines.length * 16, body };
}

function drawFoot({ result }: PublicResult, layout: Layout, top: number): Drawing {
  const measured = `Measured ${formatTime(result.startedAt)}`;
  const width = WIDTHS[layout];
  const legend = legendAt(12, top + 24, result.hops, 'small');
  const note = 'The percentage is the probability that the router is on the path.';
  if (layout === 'wide')
    return {
      width,
      height: 38,
      body: markup`${legend}${textAt(352, top + 24, 'small muted', note)}${textAt(988, top + 24, 'small muted end', measured)}`,
    };
  const lines = wrap(note, width - 24, 12, 2);
  const body = markup`${legend}${lines.map((line, i) => textAt(12, top + 46 + i * 16, 'small muted', line))}${textAt(
    12,
    top + 50 + lines.length * 16,
    'small muted',
    measured,
  )}`;
  return { width, height: 62 + lines.length * 16, body };
}
