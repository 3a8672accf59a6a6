import { join } from 'node:path';
import { startSimulatedSystem } from '@revtr/lab/simulated-system';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser, withPage } from './browser.ts';

const EXAMPLE = join(import.meta.dirname, '../../client/examples/browser/measure.ts');
const dotted = (address: number): string => [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** The example and the client as one script. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: EXAMPLE, formats: ['es'] },
    },
  });
  const [{ output }] = [built].flat().filter((result) => 'output' in result);
  return output[0].code;
}

describe.skipIf(!hasBrowser)('the client in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  it('measures a path in a page, as the example does', async () => {
    const world = new SimulatedWorld({ parameters: simParameters('small', 3), sources: 1 });
    const [{ source, destination }] = world.randomPairs(1);
    const system = await startSimulatedSystem(
      world,
      {
        host: '127.0.0.1',
        port: 0,
        database: 'memory:',
        concurrency: 10,
        maxBatch: 100,
        realTime: false,
        visitorMeasurementsPerDay: 10,
      },
      pino({ level: 'fatal' }),
    );
    const script = await bundle();
    try {
      await withPage(browser, system.url, async ({ page }) => {
        const body = `<!doctype html><title>Example</title><ol id="path" data-source="${dotted(source)}" data-destination="${dotted(destination)}"></ol><script type="module" src="example.js"></script>`;
        await page.route('**/example.html', (route) => route.fulfill({ contentType: 'text/html', body }));
        await page.route('**/example.js', (route) => route.fulfill({ contentType: 'text/javascript', body: script }));
        await page.goto('/example.html');
        await page.waitForSelector('#path[data-state="reaches"], #path[data-state="failed"]');
        const hops = await page.locator('#path li').allTextContents();
        expect(hops[0]).toBe(dotted(destination));
        expect(hops.at(-1)).toBe(dotted(source));
      });
    } finally {
      await system.stop();
    }
  });
});
