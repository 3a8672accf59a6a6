import { markup } from '../../foundation/markup.ts';
import { EMBED_FOOT } from '../../pictures/embed-code.ts';
import { drawPath } from '../../pictures/path-picture.ts';
import { svgElement } from '../../pictures/svg.ts';
import { styleSheetOf, type Theme } from '../../pictures/theme.ts';
import { titleOf } from '../../pictures/words.ts';
import type { PublicResult } from '../../publications/public-result.ts';
import { styleSourceOf } from './style-source.ts';

const LAYOUT = [
  'body{margin:0;font:13px/1.5 DejaVu Sans,Verdana,sans-serif}',
  'svg{display:block;width:100%;max-width:1000px;height:auto}',
  '.narrow svg{max-width:480px}',
  `footer{box-sizing:border-box;height:${EMBED_FOOT}px;padding:10px 12px}`,
  '.narrow{display:none}',
  '@media (max-width:760px){.wide{display:none}.narrow{display:block}}',
].join('');

const styleOf = (theme: Theme): string => styleSheetOf(theme) + LAYOUT;

/**
 * The headers of the page for embedding. Every site may frame it. It runs and loads nothing, and the sandbox gives it an origin for itself,
 * so that it has no cookies.
 */
export const embedHeaders = (theme: Theme): Readonly<Record<string, string>> => ({
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${styleSourceOf(styleOf(theme))}`,
    "base-uri 'none'",
    "form-action 'none'",
    'frame-ancestors *',
    'sandbox allow-popups allow-popups-to-escape-sandbox',
  ].join('; '),
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
});

/** A page with nothing but the path and a link. `url`: the page of the result. */
export function embedPage(result: PublicResult, url: string, theme: Theme): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${titleOf(result)}</title>
<style>${styleOf(theme)}</style>
</head>
<body>
<main>
<div class="wide">${svgElement(drawPath(result, 'wide'), result, { id: 'wide' })}</div>
<div class="narrow">${svgElement(drawPath(result, 'narrow'), result, { id: 'narrow' })}</div>
</main>
<footer><a href="${url}" target="_blank" rel="noopener noreferrer">Open in Reverse Traceroute</a></footer>
</body>
</html>
`.text;
}
