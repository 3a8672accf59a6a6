import { join } from 'node:path';
import { type Measurement, type MeasurementResult, ReverseTracerouteClient } from '@revtr/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countProbes } from '../src/path/probes.ts';
import { expectAccessible, expectFit } from './accessibility.ts';
import { hasBrowser, openPage, startBrowser, type WatchedPage, withPage } from './browser.ts';
import { logIn, measure } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const PICTURE = join(import.meta.dirname, '../../../docs/pictures/path.png');
const MOST_TRIED = 40;
const sentNothing = ({ stats }: MeasurementResult): boolean => {
  const { withOptions, others } = countProbes(stats);
  return withOptions + others === 0;
};
const WIDTHS = [390, 1280, 1920];
/** Where accessibility is checked: each layout, and the colours of each scheme. */
const LOOKS = [
  [390, 'light'],
  [1280, 'light'],
  [1280, 'dark'],
] as const;
const PATHS = [
  '/',
  '/log-in',
  '/measurements/ID',
  '/measurements/ID?hop=2',
  '/measurements/ID?tab=comparison',
  '/measurements/ID?tab=map',
  '/measurements/ID?tab=timeline',
  '/measurements/ID?tab=raw',
  '/batches',
  '/batches/new',
  '/batches/BATCH',
  '/sources',
  '/sources/SOURCE',
  '/account',
  '/operate',
  '/docs',
  '/docs/web',
  '/docs/api',
  '/docs/reference',
  '/no/such/page',
];

describe.skipIf(!hasBrowser)('the web interface', () => {
  let system: DemoSystem;
  let browser: Browser;
  let client: ReverseTracerouteClient;
  /** A measurement of a visitor, which everybody may read. */
  let measured: Measurement;
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const visitor = new ReverseTracerouteClient({ server: system.url, key: '' });
    const { batchId } = await visitor.submit([
      { src: system.source, dst: system.destinations[0], isRunRttPings: true, isRunForwardTraceroute: true },
    ]);
    [measured] = (await visitor.wait(batchId)).measurements;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const withVisitor = (run: (watched: WatchedPage) => Promise<void>, options = {}): Promise<void> =>
    withPage(browser, system.url, run, options);

  it('measures for a visitor, shows the path while it grows, and has a permalink', () =>
    withVisitor(async ({ page }) => {
      await page.goto('/');
      await measure(page, system, system.destinations[1]);
      await page.locator('.status, .summary').first().waitFor();
      const first = page.getByRole('link', { name: system.destinations[1], exact: true });
      await first.waitFor();
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
      expect(await page.locator('.hop').count()).toBeGreaterThan(1);
      await page.getByRole('link', { name: /permalink/ }).click();
      await page.waitForURL(/\/measurements\/\d+$/);
      await page.getByRole('link', { name: system.source, exact: true }).waitFor();
    }));

  it('shows every hop of the result with its network, trust and confidence', () =>
    withVisitor(async ({ page }) => {
      await page.goto(`/measurements/${measured.id}`);
      await page.locator('.hop').first().waitFor();
      const hops = measured.result?.hops ?? [];
      expect(await page.locator('.hop .address').allTextContents()).toEqual(hops.map(({ address }) => address));
      const trusts = await page.locator('.hop .trust').allTextContents();
      const shown = hops.map(({ technique, trust, confidence }) =>
        technique === 'destination' ? '' : `${trust} ${shownPercent(confidence)} %`,
      );
      expect(trusts).toEqual(shown);
      const announced = hops.flatMap(({ asn }) => (asn === undefined ? [] : [`AS${asn}`]));
      const networks = announced.filter((asn, i) => asn !== announced[i - 1]);
      expect(await page.locator('.band .as-number').allTextContents()).toEqual(networks);
    }));

  it('can be used with the keyboard alone', () =>
    withVisitor(async ({ page }) => {
      await page.goto('/');
      await page.getByLabel('From').waitFor();
      const focused = (): Promise<string> =>
        page.evaluate('document.activeElement.textContent + document.activeElement.className');
      const tabTo = async (wanted: (text: string) => boolean): Promise<void> => {
        for (let i = 0; i < 40 && !wanted(await focused()); i++) await page.keyboard.press('Tab');
        expect(wanted(await focused())).toBe(true);
      };
      await page.keyboard.press('Tab');
      expect(await focused()).toContain('Skip to the content');
      await tabTo((text) => text === 'mono');
      await page.keyboard.type(system.destinations[2]);
      await page.keyboard.press('Enter');
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
      await tabTo((text) => text.endsWith('address'));
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Hop 2' }).waitFor();
      expect(page.url()).toContain('hop=2');
      await page.keyboard.press('Escape');
      await page.getByRole('heading', { name: 'Hop 2' }).waitFor({ state: 'detached' });
      await page.goBack();
      await page.getByRole('heading', { name: 'Hop 2' }).waitFor();
    }));

  it.each([
    ['2001:db8::1', /IPv6 is not supported yet/],
    ['10.0.0.1', /10\.0\.0\.1 is Private-Use/],
    ['no-such-host.example', /no-such-host\.example/],
    ['192.0.2.0/24', /not the address of one host/],
    ['', /Enter the IPv4 address/],
  ])('says what is wrong with the destination %j', (destination, message) =>
    withVisitor(async ({ page }) => {
      await page.goto('/');
      await measure(page, system, destination);
      await page.getByRole('alert').getByText(message).waitFor();
    }),
  );

  it('says so when there is no such measurement, no such page, and when the session has ended', () =>
    withVisitor(async ({ page, context }) => {
      await page.goto('/measurements/999999');
      await page.getByText('There is no measurement 999999.').waitFor();
      expect((await page.goto('/no/such/page'))?.status()).toBe(404);
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
      await context.addCookies([
        { name: '__Host-revtr-session', value: 'ended', url: system.url.replace('http:', 'https:'), secure: true },
      ]);
      await page.goto(`/measurements/${measured.id}`);
      await page.getByRole('link', { name: 'Log in' }).first().waitFor();
    }));

  it('shows labels and names of strangers as text', () =>
    withVisitor(async ({ page }) => {
      const hostile = '<img src=x onerror=alert(1)>"\'`</script><script>alert(3)</script>\u202egnp.exe';
      const shown = hostile.replace('\u202e', '\\u{202e}');
      const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[3], label: hostile }]);
      const { measurements } = await client.wait(batchId);
      await logIn(page, system);
      // Reverse names and names of networks come from others as well.
      await page.route(`**/api/v2/measurements/${measurements[0].id}`, async (route) => {
        const answer = await (await route.fetch()).json();
        for (const hop of answer.result.hops) Object.assign(hop, { name: hostile, asName: hostile, reason: hostile });
        await route.fulfill({ json: answer });
      });
      for (const query of ['?hop=2', '?tab=comparison', '?tab=timeline', '?tab=raw']) {
        await page.goto(`/measurements/${measurements[0].id}${query}`);
        await page.getByText(`Label: ${shown}`).waitFor();
        if (query === '?hop=2') await page.locator('.hop .name', { hasText: shown }).first().waitFor();
        expect(await page.locator('img[src="x"], main script').count()).toBe(0);
      }
    }));

  it('says when a neighbour was measured in place of the destination, and when nothing was probed', () =>
    withVisitor(async ({ page }) => {
      const pairs = system.destinations.slice(0, MOST_TRIED).map((dst) => ({ src: system.source, dst }));
      await client.wait((await client.submit(pairs)).batchId);
      const { measurements } = await client.wait((await client.submit(pairs)).batchId);
      const throughOther = measurements.find(({ result }) => result?.measuredThrough !== undefined);
      const reused = measurements.find(({ result }) => result?.reused !== undefined && sentNothing(result));
      await logIn(page, system);
      await page.goto(`/measurements/${throughOther?.id}`);
      const { address } = throughOther?.result?.measuredThrough ?? {};
      await page.getByText(new RegExp(`The destination did not answer; measured through .* ${address}\\.`)).waitFor();
      expect(await page.locator('.hop .trust').first().textContent()).toBe('no answer');
      await page.goto(`/measurements/${reused?.id}`);
      await page.getByText(/From measurements up to .* older than this one; nothing was probed\./).waitFor();
      await page.locator('.caveat').getByRole('button', { name: 'Measure again' }).click();
      await page.waitForURL((url) => !url.pathname.endsWith(`/${reused?.id}`));
      await page.getByText(/^The path from/).waitFor({ timeout: 60_000 });
      expect(await page.getByText('nothing was probed').count()).toBe(0);
    }));

  // The picture in the documentation is replaced when REVTR_PICTURES is set.
  it('shows a path of several networks and techniques, with the evidence of a hop', () =>
    withVisitor(
      async ({ page }) => {
        const pairs = system.destinations
          .slice(0, MOST_TRIED)
          .map((dst) => ({ src: system.source, dst, isRunRttPings: true, isRunForwardTraceroute: true }));
        const { measurements } = await client.wait((await client.submit(pairs)).batchId);
        const { id } = measurements.reduce((best, next) => (varietyOf(next) > varietyOf(best) ? next : best));
        await logIn(page, system);
        await page.goto(`/measurements/${id}?hop=3`);
        await page.getByRole('heading', { name: 'Hop 3' }).waitFor();
        const picture = await page.screenshot(process.env.REVTR_PICTURES === undefined ? {} : { path: PICTURE });
        expect(picture.length).toBeGreaterThan(20_000);
      },
      { viewport: { width: 1280, height: 960 } },
    ));

  describe('a page', () => {
    let walker: WatchedPage;
    beforeAll(async () => {
      walker = await openPage(browser, system.url);
      await logIn(walker.page, system);
    });
    afterAll(() => walker?.context.close());

    it.each(PATHS)('%s fits every width and is accessible', async (path) => {
      const { page, faults } = walker;
      const ids = { ID: measured.id, BATCH: measured.batchId, SOURCE: system.source };
      await page.goto(Object.entries(ids).reduce((url, [name, id]) => url.replace(name, String(id)), path));
      await page.locator('h1').waitFor();
      await page.waitForLoadState('networkidle');
      for (const width of WIDTHS) await expectFit(page, width);
      for (const [width, colorScheme] of LOOKS) await expectAccessible(page, width, colorScheme);
      expect(faults).toEqual([]);
    });
  });
});

/** What people read for a probability: at most 99 for everything that is not certain. */
const shownPercent = (probability: number): number =>
  probability === 1 ? 100 : Math.min(99, Math.round(probability * 100));

/** How many different networks, techniques and kinds of trust a path has. */
function varietyOf({ result }: Measurement): number {
  if (result?.stopReason !== 'reaches') return 0;
  const { hops } = result;
  return ['asn', 'technique', 'trust'].reduce(
    (sum, field) => sum + new Set(hops.map((hop) => Reflect.get(hop, field))).size,
    0,
  );
}
