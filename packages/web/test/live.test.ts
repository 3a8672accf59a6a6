import { type BatchEvent, ReverseTracerouteClient } from '@revtr/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hasBrowser, startBrowser, withPage } from './browser.ts';
import { measure } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

describe.skipIf(!hasBrowser)('a measurement under way', () => {
  let system: DemoSystem;
  let browser: Browser;
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('tells what is tried, and each round-trip time before the forward path is traced', async () => {
    const client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const pairs = system.destinations
      .slice(0, 10)
      .map((dst) => ({ src: system.source, dst, isRunRttPings: true, isRunForwardTraceroute: true }));
    const { batchId } = await client.submit(pairs);
    const events: BatchEvent[] = [];
    const { measurements } = await client.wait(batchId, { paths: true, onEvent: (event) => events.push(event) });
    const tried = events.flatMap((event) => (event.type === 'trying' ? [event] : []));
    expect(tried.some(({ vantagePoints = 0 }) => vantagePoints > 0)).toBe(true);
    for (const { id, result } of measurements) {
      if (result?.stopReason !== 'reaches') continue;
      const own = events.filter((event) => 'measurement' in event && event.measurement === id);
      const told = own.flatMap((event) => (event.type === 'rtt' ? [[event.hop, event.rttMs] as const] : []));
      const known = result.hops.flatMap(({ address, rttMs }) =>
        rttMs === undefined ? [] : [[address, rttMs] as const],
      );
      expect(new Map(told)).toEqual(new Map(known));
      const forward = own.findIndex(
        ({ type, ...event }) => type === 'trying' && 'technique' in event && event.technique === 'forwardTraceroute',
      );
      expect(own.findLastIndex(({ type }) => type === 'rtt')).toBeLessThan(forward);
    }
  });

  it('says in words what is tried and for how long, and fills in round-trip times meanwhile', () =>
    withPage(browser, system.url, async ({ page }) => {
      await page.addInitScript(`
        window.seen = [];
        new MutationObserver(() => window.seen.push({
          status: document.querySelector('.status')?.textContent ?? '',
          rtts: document.querySelectorAll('.hop .rtt .number').length,
        })).observe(document, { subtree: true, childList: true, characterData: true });
      `);
      await page.goto('/');
      await measure(page, system, system.destinations[20]);
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
      const seen = seenSchema.parse(await page.evaluate('window.seen'));
      const texts = seen.map(({ status }) => status.trim());
      expect(texts.some((text) => TRYING.test(text))).toBe(true);
      expect(seen.some(({ status, rtts }) => status.includes('Measuring the forward path') && rtts > 0)).toBe(true);
    }));
});

const TRYING =
  /^(Asking|Sending|Choosing|Looking|Reading|Following|Tracing) .* \d+(\.\d+){3}.*, \d+\.\d s · \d+\.\d s in all$/;
const seenSchema = z.array(z.object({ status: z.string(), rtts: z.number() }));
