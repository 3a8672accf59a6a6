import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, openPage, startBrowser } from './browser.ts';
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

  it('finishes by itself after the controller was restarted', async () => {
    const { page, context, faults } = await openPage(browser, system.url);
    await page.goto('/');
    await page.getByLabel('From').fill(system.destinations[0]);
    await page.getByLabel('back to').selectOption(system.source);
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    await page.locator('.status').waitFor();
    const { port } = new URL(system.url);
    await system.stop();
    await page.getByText('The connection to the server is lost.').waitFor();
    system = await startDemoSystem({ database: directory, port: Number(port) });
    await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
    expect(await page.locator('.hop').count()).toBeGreaterThan(1);
    expect(faults).toEqual([]);
    await context.close();
  });

  it('continues when the browser was offline', async () => {
    const { page, context, faults } = await openPage(browser, system.url);
    await page.goto('/');
    await page.getByLabel('From').fill(system.destinations[1]);
    await page.getByLabel('back to').selectOption(system.source);
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    await page
      .getByText(/Waiting in the queue|Looking for the router|The path/)
      .first()
      .waitFor();
    await context.setOffline(true);
    await page.getByText('Your browser is offline.').waitFor();
    await context.setOffline(false);
    await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
    expect(faults).toEqual([]);
    await context.close();
  });
});
