import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { drawCard } from '../../controller/src/pictures/card-picture.ts';
import { drawPath } from '../../controller/src/pictures/path-picture.ts';
import { svgDocument } from '../../controller/src/pictures/svg.ts';
import { visibleText } from '../../controller/src/publications/visible-text.ts';
import { HOSTILE_TEXTS } from '../../controller/test/hostile-texts.ts';
import { withText } from '../../controller/test/public-results.ts';
import { hasBrowser, startBrowser, withPage } from './browser.ts';

const parsedSchema = z.object({
  error: z.string().nullable(),
  elements: z.array(z.string()),
  attributes: z.array(z.string()),
  texts: z.array(z.string()),
  description: z.string(),
});
/** Reads a document with the XML parser of the browser. */
const PARSE = `(svg) => {
  const { documentElement: root } = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const all = [root, ...root.querySelectorAll('*')];
  return {
    error: root.querySelector('parsererror')?.textContent ?? null,
    elements: [...new Set(all.map(({ localName }) => localName))].sort(),
    attributes: [...new Set(all.flatMap((element) => element.getAttributeNames()))].sort(),
    texts: [...root.querySelectorAll('text')].map(({ textContent }) => textContent),
    description: root.querySelector('desc')?.textContent ?? '',
  };
}`;
const ELEMENTS = ['circle', 'desc', 'path', 'rect', 'style', 'svg', 'text', 'title'];
const ATTRIBUTES = [
  ...[
    'aria-labelledby',
    'class',
    'cx',
    'cy',
    'd',
    'height',
    'id',
    'r',
    'role',
    'rx',
    'viewBox',
    'width',
    'x',
    'xmlns',
    'y',
  ],
];

describe.skipIf(!hasBrowser)('pictures with texts of strangers', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser?.close());

  it('are well-formed, have no elements and attributes but their own, and show the texts', () =>
    withPage(browser, 'about:blank', async ({ page }) => {
      for (const text of HOSTILE_TEXTS) {
        const visible = visibleText(text);
        const result = withText(visible);
        for (const drawing of [drawPath(result, 'wide'), drawPath(result, 'narrow'), drawCard(result)]) {
          const svg = svgDocument(drawing, result, 'auto');
          const parsed = parsedSchema.parse(await page.evaluate(`(${PARSE})(${JSON.stringify(svg)})`));
          expect(parsed.error, visible).toBeNull();
          expect(parsed.elements.filter((name) => !ELEMENTS.includes(name))).toEqual([]);
          expect(parsed.attributes.filter((name) => !ATTRIBUTES.includes(name))).toEqual([]);
          expect(parsed.description.replaceAll('\n', ' ')).toContain(visible.replaceAll('\n', ' '));
          const begin = visible.trim().slice(0, 3).trim();
          expect(
            parsed.texts.some((shown) => shown.includes(begin)),
            visible,
          ).toBe(true);
        }
      }
    }));

  it('run nothing when they are part of a page', () =>
    withPage(browser, 'about:blank', async ({ page }) => {
      for (const text of HOSTILE_TEXTS) {
        const result = withText(visibleText(text));
        await page.setContent(
          `<title>x</title>${svgDocument(drawPath(result, 'wide'), result, 'light').replace(/^.*\n/, '')}`,
        );
        expect(await page.locator('script, img, [onload], [onerror], [onmouseover]').count()).toBe(0);
        expect(await page.locator('svg').count()).toBe(1);
        // The parser of HTML leaves foreign content where a text breaks out of it.
        expect(await page.locator('body > :not(svg)').count()).toBe(0);
      }
    }));
});
