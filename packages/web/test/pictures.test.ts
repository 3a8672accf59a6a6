import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, openPage, startBrowser } from './browser.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const PICTURES = join(import.meta.dirname, '../../../docs/pictures');
const MOST_TRIED = 40;

/** Takes the pictures of the documentation. They replace those in `docs/pictures` when REVTR_PICTURES is set. */
describe.skipIf(!hasBrowser)('the pictures of the documentation', () => {
  let system: DemoSystem;
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    directory = process.env.REVTR_PICTURES === undefined ? await mkdtemp(join(tmpdir(), 'revtr-pictures-')) : PICTURES;
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
    if (directory !== PICTURES) await rm(directory, { recursive: true });
  });

  it('show a path of several networks and techniques, with the evidence of a hop', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = system.destinations
      .slice(0, MOST_TRIED)
      .map((dst) => ({ src: system.source, dst, isRunRttPings: true }));
    const { measurements } = await client.wait((await client.submit(pairs)).batchId);
    const { id } = measurements.reduce((best, next) => (varietyOf(next) > varietyOf(best) ? next : best));
    const { page, context, faults } = await openPage(browser, system.url, { viewport: { width: 1280, height: 960 } });
    await page.goto('/log-in');
    await page.getByLabel('API key').fill(system.key);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL('/');
    await page.goto(`/measurements/${id}?hop=3`);
    await page.getByRole('heading', { name: 'Hop 3' }).waitFor();
    const picture = await page.screenshot({ path: join(directory, 'path.png') });
    expect(picture.length).toBeGreaterThan(20_000);
    expect(faults).toEqual([]);
    await context.close();
  });
});

/** How many different networks, techniques and kinds of trust a path has. */
function varietyOf({ result }: Measurement): number {
  if (result?.stopReason !== 'reaches') return 0;
  const { hops } = result;
  return ['asn', 'technique', 'trust'].reduce(
    (sum, field) => sum + new Set(hops.map((hop) => Reflect.get(hop, field))).size,
    0,
  );
}
