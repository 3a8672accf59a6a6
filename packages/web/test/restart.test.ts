import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser, withPage } from './browser.ts';
import { measure } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

describe.skipIf(!hasBrowser)('a page that shows a measurement under way', () => {
  let browser: Browser;
  let directory: string;
  let system: DemoSystem;
  beforeAll(async () => {
    browser = await startBrowser();
    directory = await mkdtemp(join(tmpdir(), 'revtr-restart-'));
    system = await startDemoSystem({ database: directory });
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    await rm(directory, { recursive: true });
  });

  it('finishes by itself after the controller was restarted', () =>
    withPage(browser, system.url, async ({ page }) => {
      await page.goto('/');
      await measure(page, system, system.destinations[0]);
      await page.locator('.status').waitFor();
      const { port } = new URL(system.url);
      await system.stop();
      await page.getByText('The connection to the server is lost.').waitFor();
      system = await startDemoSystem({ database: directory, port: Number(port) });
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
      expect(await page.locator('.hop').count()).toBeGreaterThan(1);
    }));

  it('continues when the browser was offline', () =>
    withPage(browser, system.url, async ({ page, context }) => {
      await page.goto('/');
      await measure(page, system, system.destinations[1]);
      await page.locator('.status, .summary').first().waitFor();
      await context.setOffline(true);
      await page.getByText('Your browser is offline.').waitFor();
      await context.setOffline(false);
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
    }));
});
