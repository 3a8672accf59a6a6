import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hasBrowser, startBrowser } from './browser.ts';
import { withSession } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const MOST_TRIED = 30;

describe.skipIf(!hasBrowser)('the views of a result', () => {
  let system: DemoSystem;
  let browser: Browser;
  let measurements: readonly Measurement[];
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = system.destinations
      .slice(0, MOST_TRIED)
      .map((dst) => ({ src: system.source, dst, isRunRttPings: true, isRunForwardTraceroute: true }));
    ({ measurements } = await client.wait((await client.submit(pairs)).batchId));
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const withUser = (run: (page: Page) => Promise<void>): Promise<void> => withSession(browser, system, run);
  const found = (test: (result: NonNullable<Measurement['result']>) => boolean): Measurement => {
    const measurement = measurements.find(({ result }) => result?.stopReason === 'reaches' && test(result));
    if (measurement === undefined) throw new Error('no measurement is as the test needs it');
    return measurement;
  };

  it('show a network without a visible router between the hops, with its probability', () =>
    withUser(async (page) => {
      const { id } = found(
        ({ hops }) => hops.every(({ asn }) => asn !== undefined) && new Set(hops.map(({ asn }) => asn)).size > 2,
      );
      await page.route(`**/api/v2/measurements/${id}`, async (route) => {
        const answer = answerSchema.parse(await (await route.fetch()).json());
        const { hops } = answer.result;
        const border = hops.findIndex(({ asn }, i) => asn !== hops[i + 1].asn);
        Object.assign(hops[border], { hiddenNetwork: { asn: 64_502, confidence: 0.62 } });
        await route.fulfill({ json: answer });
      });
      await page.goto(`/measurements/${id}`);
      await page.locator('.hidden-network').waitFor();
      const bands = await page.locator('.bands > li').allTextContents();
      expect(bands[1]).toMatch(/^\s*AS64502\s+No router of this network is visible\. .*: 62 % probable\.$/);
    }));

  it('show the hops with a known position on a map, and say how many have none and where positions come from', () =>
    withUser(async (page) => {
      const { id, result } = found(({ hops }) => hops.some(({ position }) => position === undefined));
      const hops = result?.hops ?? [];
      const known = hops.filter(({ position }) => position !== undefined).length;
      const requests: string[] = [];
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(`/measurements/${id}`);
      await page.locator('.hop').first().waitFor();
      await page.waitForLoadState('networkidle');
      const before = requests.length;
      await page.getByRole('link', { name: 'Map', exact: true }).click();
      await page.getByText(`${known} of ${hops.length} hops have a known position; `).waitFor();
      await page.getByText('Positions are from the simulator').waitFor();
      expect(requests.slice(before).some((url) => url.includes('map'))).toBe(true);
      expect(requests.slice(0, before).some((url) => url.includes('map'))).toBe(false);
      const cells = await page.locator('.positions tbody td:nth-child(3)').allTextContents();
      expect(cells.filter((text) => text === 'unknown')).toHaveLength(hops.length - known);
    }));

  it('mark a position that light in fibre cannot reach within the round-trip time, and no other', () =>
    withUser(async (page) => {
      const { id } = found(({ hops }) => hops.at(-1)?.position !== undefined && hops.length > 4);
      // London and Sydney are 17,000 km apart: a packet needs at least 170 ms there and back.
      await page.route(`**/api/v2/measurements/${id}`, async (route) => {
        const answer = answerSchema.parse(await (await route.fetch()).json());
        const { hops } = answer.result;
        for (const hop of hops) Object.assign(hop, { position: LONDON, rttMs: 5 });
        Object.assign(hops[1], { position: SYDNEY, rttMs: 100 });
        Object.assign(hops[2], { position: SYDNEY, rttMs: 180 });
        await route.fulfill({ json: answer });
      });
      await page.goto(`/measurements/${id}?tab=map`);
      await page.getByText(/^.* 1 position is impossible: /).waitFor();
      expect(await page.locator('.positions [data-impossible="true"] td:first-child').allTextContents()).toEqual(['2']);
      expect(await page.locator('.map [data-impossible="true"]').count()).toBe(1);
    }));

  it('say what an operator can do when the system has no positions', () =>
    withUser(async (page) => {
      const { id } = found(() => true);
      await page.route(`**/api/v2/measurements/${id}`, async (route) => {
        const answer = answerSchema.parse(await (await route.fetch()).json());
        await route.fulfill({ json: { ...answer, positionSource: undefined } });
      });
      await page.goto(`/measurements/${id}?tab=map`);
      await page.getByText('This system has no positions of addresses.').waitFor();
    }));

  it('join the dots of both directions where the alias data show one router', () =>
    withUser(async (page) => {
      const { id, result } = found(({ forward }) => (forward?.hops ?? []).filter(isJoined).length > 1);
      await page.goto(`/measurements/${id}?tab=comparison`);
      const joined = page.locator('.comparison tr[data-shared="true"]');
      await joined.first().waitFor();
      const shown = await joined.evaluateAll((rows) =>
        rows.map((row) => [...row.querySelectorAll('.mono')].map(({ textContent }) => textContent)),
      );
      expect(shown.length).toBeGreaterThan(1);
      for (const [there, back] of shown) {
        if (there === system.source) continue;
        expect(result?.forward?.hops.find(({ address }) => address === there)?.sameRouterAs).toBe(back);
      }
    }));

  it('can be printed without navigation and buttons', () =>
    withUser(async (page) => {
      const { id } = found(() => true);
      await page.goto(`/measurements/${id}`);
      await page.locator('.hop').first().waitFor();
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.locator('header.top, footer.bottom, button').locator('visible=true').count()).toBe(0);
      expect(await page.locator('.hop').locator('visible=true').count()).toBeGreaterThan(1);
      expect(await page.evaluate('getComputedStyle(document.querySelector(".hop .address")).color')).toBe(
        'rgb(25, 26, 27)',
      );
    }));
});

const LONDON = { latitude: 51.51, longitude: -0.13, city: 'London', country: 'GB' };
const SYDNEY = { latitude: -33.87, longitude: 151.21, city: 'Sydney', country: 'AU' };
const answerSchema = z.looseObject({ result: z.looseObject({ hops: z.array(z.looseObject({})) }) });

const isJoined = ({ address, sameRouterAs }: { readonly address?: string; readonly sameRouterAs?: string }): boolean =>
  sameRouterAs !== undefined && sameRouterAs !== address;
