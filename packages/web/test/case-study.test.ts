import { join } from 'node:path';
import type { Measurement } from '@revtr/client';
import { announceWithPrepends, DETOUR, measureDetour, renewAtlas } from '@revtr/lab/detour';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWeb, WEB_DIRECTORY } from '../build/build.ts';
import { hasBrowser, startBrowser, withPage } from './browser.ts';
import { logIn } from './steps.ts';

const PICTURES = join(import.meta.dirname, '../../../docs/pictures');
const PREPARATION_MS = 600_000;

type System = Awaited<ReturnType<typeof startSimulatedSystem>>;

/** The guide `docs/case-study.md`: its claims are judged by the ground truth, and its pictures are made here. */
describe.skipIf(!hasBrowser)('the case study', () => {
  let world: SimulatedWorld;
  let system: System;
  let browser: Browser;
  let before: Measurement;
  let stale: Measurement;
  let after: Measurement;
  /** True paths, by AS number, from the destination to the source. */
  let truth: { readonly before: readonly number[]; readonly after: readonly number[] };
  beforeAll(async () => {
    await buildWeb();
    browser = await startBrowser();
    const { seed, size, profile, prepends } = DETOUR;
    world = new SimulatedWorld({ parameters: simParameters(size, seed, {}, profile), sources: 3, atlas: 'none' });
    announceWithPrepends(world.internet, prepends);
    system = await startSimulatedSystem(
      world,
      {
        ...{ host: '127.0.0.1', port: 0, database: 'memory:', concurrency: 100, maxBatch: 100, realTime: false },
        webDirectory: WEB_DIRECTORY,
      },
      pino({ level: 'fatal' }),
    );
    await renewAtlas(system);
    before = await measureDetour(system);
    const trueBefore = truePath();
    announceWithPrepends(world.internet, 0);
    stale = await measureDetour(system);
    await renewAtlas(system);
    after = await measureDetour(system);
    truth = { before: trueBefore, after: truePath() };
  }, PREPARATION_MS);
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const truePath = (): readonly number[] =>
    world.internet.truth.path(toNumber(DETOUR.destination), toNumber(DETOUR.source), world.internet.clock.now()).asPath;
  const networksOf = ({ result }: Measurement): readonly number[] => [
    ...new Set((result?.hops ?? []).flatMap(({ asn }) => asn ?? [])),
  ];
  const rttOf = ({ result }: Measurement): number => result?.hops[0]?.rttMs ?? Number.NaN;

  it('has a destination that is near, and a path back that leads around the world', () => {
    expect(rttOf(before)).toBeGreaterThan(220);
    expect(networksOf(before)).toEqual(truth.before);
    expect(truth.before.length).toBeGreaterThan(truth.after.length);
    expect(truth.before).not.toContain(DETOUR.provider);
    // Packets reach the destination through the provider, by the forward path as well.
    expect(before.result?.forward?.hops.some(({ asn }) => asn === DETOUR.provider)).toBe(true);
  });

  it('is right after the change also with an atlas from before, because fresh answers contradict it', () => {
    expect(networksOf(stale)).toEqual(truth.after);
    expect(rttOf(stale)).toBeLessThan(20);
  });

  it('has a short path back when the announcement has no prepends', () => {
    expect(rttOf(after)).toBeLessThan(20);
    expect(networksOf(after)).toEqual(truth.after);
    expect(truth.after).toContain(DETOUR.provider);
  });

  // The pictures in the documentation are replaced when REVTR_PICTURES is set.
  it('shows the detour, its comparison with the forward path, and the path after the change', () =>
    withPage(
      browser,
      system.url,
      async ({ page }) => {
        await logIn(page, system);
        await page.goto(`/measurements/${before.id}`);
        await page.locator('.hop').first().waitFor();
        expect(await page.locator('.jump').count()).toBeGreaterThan(1);
        await takePicture(page, 'detour-before.png');
        await page.goto(`/measurements/${before.id}?tab=comparison`);
        await page.locator('table.comparison').waitFor();
        await takePicture(page, 'detour-comparison.png');
        await page.goto(`/measurements/${after.id}`);
        await page.locator('.hop').first().waitFor();
        expect(await page.locator('.jump').count()).toBe(0);
        await takePicture(page, 'detour-after.png');
      },
      { viewport: { width: 1280, height: 1060 } },
    ));
});

async function takePicture(page: Page, name: string): Promise<void> {
  const picture = await page.screenshot(process.env.REVTR_PICTURES === undefined ? {} : { path: join(PICTURES, name) });
  expect(picture.length).toBeGreaterThan(20_000);
}

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
