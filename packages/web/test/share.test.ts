import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { type Measurement, type Publication, ReverseTracerouteClient } from '@revtr/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults, expectAccessible, expectFit } from './accessibility.ts';
import { hasBrowser, openPage, startBrowser, type WatchedPage, withPage } from './browser.ts';
import { logIn } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const PICTURES = join(import.meta.dirname, '../../../docs/pictures');
const LOOKS = [
  [390, 'light'],
  [1280, 'light'],
  [1280, 'dark'],
  [1920, 'light'],
] as const;

describe.skipIf(!hasBrowser)('sharing a result', () => {
  let system: DemoSystem;
  let browser: Browser;
  let client: ReverseTracerouteClient;
  let measured: Measurement;
  let publication: Publication;
  /** Another site, whose page is `foreignPage`. Its name differs from that of the system. */
  let foreign: Server;
  let foreignUrl: string;
  let foreignPage = '';
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = system.destinations.slice(0, 20).map((dst) => ({ src: system.source, dst, isRunRttPings: true }));
    const { measurements } = await client.wait((await client.submit(pairs)).batchId);
    measured = measurements.reduce((best, next) => (varietyOf(next) > varietyOf(best) ? next : best));
    publication = await client.publish(measured.id);
    foreign = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html; charset=utf-8').end(foreignPage);
    });
    await new Promise<void>((resolve) => {
      foreign.listen(0, '127.0.0.1', resolve);
    });
    const address = foreign.address();
    foreignUrl = `http://localhost:${typeof address === 'object' ? address?.port : 0}/`;
  });
  afterAll(async () => {
    await browser?.close();
    foreign?.close();
    await system?.stop();
  });

  /** Opens the page of the other site. */
  async function withForeignPage(html: string, run: (page: Page) => Promise<void>): Promise<void> {
    foreignPage = `<!doctype html><html lang="en"><title>Another site</title>${html}`;
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    try {
      const page = await context.newPage();
      await page.goto(foreignUrl);
      await run(page);
    } finally {
      await context.close();
    }
  }

  it('publishes it from its page; the link works without an account, until it is unpublished', () =>
    withPage(browser, system.url, async ({ page }) => {
      await logIn(page, system);
      const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[21] }]);
      const [{ id, result }] = (await client.wait(batchId)).measurements;
      await page.goto(`/measurements/${id}`);
      await page.getByRole('button', { name: 'Share' }).click();
      await page.getByText('This result is not published.').waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Publish', exact: true }).click();
      const link = await page.getByLabel('Link', { exact: true }).inputValue();
      expect(await page.getByLabel('Code for another page').inputValue()).toContain('<iframe src="');
      for (const width of [390, 1280]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await accessibilityFaults(page)).toEqual([]);
      }

      await withPage(browser, system.url, async ({ page: stranger }) => {
        await stranger.goto(link);
        await stranger.locator('.hop').first().waitFor();
        const shown = await stranger.locator('.hop .address').allTextContents();
        expect(shown).toEqual(result?.hops.map(({ address }) => address));
        await page.getByRole('button', { name: 'Unpublish' }).click();
        await page.getByText('This result is not published.').waitFor();
        expect((await stranger.goto(link))?.status()).toBe(404);
        await stranger.getByText('There is no such public result').waitFor();
      });
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').count()).toBe(0);
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Share');
    }));

  it('shows it in a page of another site, without scripts and cookies, and with the same words', () =>
    withForeignPage(publication.embedCode, async (page) => {
      const frame = page.frameLocator('iframe');
      await frame.getByRole('link', { name: 'Open in Reverse Traceroute' }).waitFor();
      const hops = measured.result?.hops ?? [];
      const texts = await frame.locator('.wide svg text').allTextContents();
      expect(texts.filter((text) => hops.some(({ address }) => address === text))).toEqual(
        hops.map(({ address }) => address),
      );
      const [inner] = page.frames().filter((each) => each.url().includes('/embed/'));
      expect(await inner.evaluate('try { document.cookie } catch (error) { error.name }')).toBe('SecurityError');
      expect(await inner.evaluate('document.scripts.length + document.querySelectorAll("[src]").length')).toBe(0);
      // Nothing is cut off: the code asks for the height of the page.
      expect(await inner.evaluate('document.documentElement.scrollHeight - window.innerHeight')).toBeLessThanOrEqual(0);
      const opened = page.waitForEvent('popup');
      await frame.getByRole('link').click();
      const result = await opened;
      await result.locator('.hop').first().waitFor();
      const labels = (await result.locator('.hop .technique').allTextContents()).map((label) => label.trim());
      expect(texts.filter((text) => labels.includes(text))).toEqual(labels);
    }));

  it('shows no other page in a frame of another site', () =>
    withForeignPage(
      ['/', `/results/${publication.token}`, '/log-in']
        .map((path) => `<iframe src="${system.url}${path}"></iframe>`)
        .join(''),
      async (page) => {
        const refused = 'chrome-error://chromewebdata/';
        await expect.poll(() => page.frames().filter((each) => each.url() === refused).length).toBe(3);
      },
    ));

  it('gives other sites pictures that a browser can show', () =>
    withForeignPage(
      [publication.svg, publication.png, `${publication.url}/card.png`]
        .map((url) => `<img src="${url}" alt="">`)
        .join(''),
      async (page) => {
        const sizes = await page.evaluate(
          'Promise.all([...document.images].map((image) => image.decode().then(() => [image.naturalWidth, image.naturalHeight])))',
        );
        expect(sizes).toEqual([
          [1000, expect.any(Number)],
          [2000, expect.any(Number)],
          [1200, 630],
        ]);
      },
    ));

  it.each(['light', 'dark'] as const)('draws a picture that follows the preference for %s', (colorScheme) =>
    withPage(
      browser,
      system.url,
      async ({ page }) => {
        await page.goto(publication.svg);
        const colourOf = (selector: string) =>
          page.evaluate(`getComputedStyle(document.querySelector('${selector}')).fill`);
        const light = colorScheme === 'light';
        expect(await colourOf('.paper')).toBe(light ? 'rgb(252, 252, 251)' : 'rgb(19, 20, 22)');
        expect(await colourOf('text.ink')).toBe(light ? 'rgb(25, 26, 27)' : 'rgb(233, 233, 231)');
        await page.goto(`${publication.svg}?theme=dark`);
        expect(await colourOf('.paper')).toBe('rgb(19, 20, 22)');
      },
      { colorScheme },
    ),
  );

  it('lists the latest results of visitors on the first page', () =>
    withPage(browser, system.url, async ({ page }) => {
      const visitor = new ReverseTracerouteClient({ server: system.url, key: '' });
      const { batchId } = await visitor.submit([{ src: system.source, dst: system.destinations[22] }]);
      const [{ id }] = (await visitor.wait(batchId)).measurements;
      await page.goto('/');
      await page.getByRole('link', { name: `${system.destinations[22]} back to ${system.source}` }).click();
      await page.waitForURL(`/measurements/${id}`);
      await page.locator('.hop').first().waitFor();
    }));

  describe('the pages', () => {
    let walker: WatchedPage;
    beforeAll(async () => {
      walker = await openPage(browser, system.url);
    });
    afterAll(() => walker?.context.close());

    it.each(['results', 'embed'])('/%s/TOKEN fit every width and are accessible', async (name) => {
      const { page, faults } = walker;
      // The sandbox of the page for embedding permits no scripts, which the check consists of.
      await page.goto(name === 'embed' ? 'about:blank' : publication.url);
      if (name === 'embed') await page.setContent(await (await fetch(publication.embed)).text());
      await page
        .locator(name === 'embed' ? 'svg' : '.hop')
        .first()
        .waitFor();
      for (const [width, colorScheme] of LOOKS) {
        await expectFit(page, width);
        await expectAccessible(page, width, colorScheme);
      }
      expect(faults).toEqual([]);
    });
  });

  // The picture in the documentation is replaced when REVTR_PICTURES is set.
  it('explains in the dialog what others see', () =>
    withPage(browser, system.url, async ({ page }) => {
      await logIn(page, system);
      await page.goto(`/measurements/${measured.id}`);
      await page.getByRole('button', { name: 'Share' }).click();
      await page.getByText('everybody who has the link can see it').waitFor();
      await takePicture(page, join(PICTURES, 'share.png'));
    }));
});

const takePicture = (page: Page, path: string) =>
  page.screenshot(process.env.REVTR_PICTURES === undefined ? {} : { path });

/** How many different networks, techniques and kinds of trust a path has. */
function varietyOf({ result }: Measurement): number {
  if (result?.stopReason !== 'reaches') return 0;
  return ['asn', 'technique', 'trust'].reduce(
    (sum, field) => sum + new Set(result.hops.map((hop) => Reflect.get(hop, field))).size,
    0,
  );
}
