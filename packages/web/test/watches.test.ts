import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from './accessibility.ts';
import { hasBrowser, startBrowser, withPage } from './browser.ts';
import { logIn, measure } from './steps.ts';
import { HOSTILE_NAME, STORED_RUNS, storeWatch } from './stored-watch.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const PICTURE = join(import.meta.dirname, '../../../docs/pictures/watch.png');
const LOOKS = [
  [390, 'light'],
  [1280, 'light'],
  [1280, 'dark'],
] as const;

describe.skipIf(!hasBrowser)('the pages of watches', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-watches-'));
  let system: DemoSystem;
  let browser: Browser;
  let stored: number;
  beforeAll(async () => {
    stored = await storeWatch(join(directory, 'database'));
    [system, browser] = await Promise.all([startDemoSystem({ database: join(directory, 'database') }), startBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    rmSync(directory, { recursive: true });
  });

  it('create a watch from a result, show its first run, pause and delete it', () =>
    withPage(browser, system.url, async ({ page }) => {
      await logIn(page, system);
      await measure(page, system, system.destinations[0]);
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
      await page.getByRole('link', { name: /permalink/ }).click();
      await page.getByRole('link', { name: 'Watch this' }).click();
      await page.waitForURL(/\/watches\?/);
      expect(await page.getByLabel('Path from').inputValue()).toBe(system.destinations[0]);
      expect(await page.getByLabel('back to').inputValue()).toBe(system.source);
      await page.getByLabel('Measure every').selectOption('1 hour');
      await page.getByLabel('Name (optional)').fill('branch');
      await page.getByLabel(/^Webhook/).fill('https://hooks.example/');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText(/shown this once: whsec_/).waitFor();
      await page.getByRole('link', { name: 'branch', exact: true }).click();
      await page.getByRole('heading', { name: 'branch' }).waitFor();
      await page.getByRole('link', { name: /path A/ }).waitFor({ timeout: 60_000 });
      await page.getByRole('button', { name: 'Pause branch' }).click();
      await page.getByText('paused: you paused it').waitFor();
      await page.getByRole('button', { name: 'Delete branch' }).click();
      await page.getByRole('button', { name: 'Delete branch' }).click();
      await page.waitForURL(/\/watches$/);
      await page.getByRole('link', { name: HOSTILE_NAME }).waitFor();
      await page.getByRole('link', { name: 'branch', exact: true }).waitFor({ state: 'detached' });
    }));

  it('say what is wrong with a new watch', () =>
    withPage(browser, system.url, async ({ page }) => {
      await page.goto('/watches');
      await page.getByText('You are not logged in.').waitFor();
      await logIn(page, system);
      await page.goto('/watches');
      const create = async (destination: string, webhook: string): Promise<void> => {
        await page.getByLabel('Path from').fill(destination);
        await page.getByLabel(/^Webhook/).fill(webhook);
        await page.getByRole('button', { name: 'Create' }).click();
      };
      await create('2001:db8::1', '');
      await page
        .getByRole('alert')
        .getByText(/IPv6 is not supported yet/)
        .waitFor();
      await create('10.0.0.1', '');
      await page
        .getByRole('alert')
        .getByText(/Private-Use/)
        .waitFor();
      await create(system.destinations[1], 'https://127.0.0.1/');
      await page
        .getByRole('alert')
        .getByText(/no address on the public Internet/)
        .first()
        .waitFor();
      await page.goto('/watches/999999');
      await page.getByText('There is no watch 999999.').waitFor();
    }));

  it('show the history as a strip, each change with the path before and after, and the deliveries', () =>
    withPage(browser, system.url, async ({ page }) => {
      await open(page);
      const runs = page.getByRole('list', { name: 'Runs, oldest first' }).getByRole('listitem');
      const symbols = await runs.locator('[aria-hidden]').allTextContents();
      // The run that confirms a change gives its path to the one before it.
      expect(symbols.join('')).toBe(STORED_RUNS.replaceAll(/\?(.)/g, '$1$1'));
      for (const [colour, letter] of ['A', 'B'].entries()) {
        const shown = await page.locator(`.strip [data-colour="${colour}"] [aria-hidden]`).allTextContents();
        expect(shown).toEqual(symbols.filter((symbol) => symbol === letter));
      }
      expect(await page.locator('.strip [data-changed]').count()).toBe(2);
      const [change] = await page.locator('.change').all();
      expect(await change.getByRole('list', { name: 'Hops before' }).locator('.only').allTextContents()).toEqual([
        '1.0.7.5 AS64507 · only before',
        '1.0.7.9 AS64507 · only before',
        '1.0.8.2 AS64508 · only before',
      ]);
      expect(await change.getByText('AS64500 → AS64503 → AS64510').count()).toBe(1);
      expect(
        await page.getByText('given up after 1 attempt, status 500: the webhook answered <script>500</script>').count(),
      ).toBe(2);
      expect(await page.getByText('paused: its source was withdrawn').count()).toBe(1);
    }));

  it.each(LOOKS)('fit a window of %i pixels (%s), and have no serious accessibility fault', (width, colorScheme) =>
    withPage(
      browser,
      system.url,
      async ({ page }) => {
        await open(page);
        const isTooWide = 'document.documentElement.scrollWidth > document.documentElement.clientWidth';
        expect(await page.evaluate(isTooWide)).toBe(false);
        expect(await accessibilityFaults(page)).toEqual([]);
        // The picture in the documentation is replaced when REVTR_PICTURES is set.
        if (process.env.REVTR_PICTURES !== undefined && width === 1280 && colorScheme === 'light')
          await page.screenshot({ path: PICTURE });
        await page.getByText('Change the alerts').click();
        expect(await accessibilityFaults(page)).toEqual([]);
        await page.goto('/watches');
        await page.getByRole('link', { name: HOSTILE_NAME }).waitFor();
        await page.getByRole('heading', { name: 'New watch' }).waitFor();
        expect(await page.evaluate(isTooWide)).toBe(false);
        expect(await accessibilityFaults(page)).toEqual([]);
      },
      { viewport: { width, height: 900 }, colorScheme },
    ),
  );

  /** Opens the page of the stored watch. */
  async function open(page: Page): Promise<void> {
    await logIn(page, system);
    await page.goto(`/watches/${stored}`);
    await page.getByRole('list', { name: 'Runs, oldest first' }).waitFor();
    await page.locator('.change').first().waitFor();
    await page.getByText('Alerts, newest first').waitFor();
  }
});
