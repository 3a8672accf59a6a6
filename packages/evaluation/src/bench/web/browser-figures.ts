import { chromium, type Page } from 'playwright-core';
import { z } from 'zod';
import { median } from '../../statistics/quantiles.ts';
import { withProcessorTime } from './main-thread.ts';
import { type MeasuredSystem, startMeasuredSystem } from './measured-system.ts';
import { SCROLL, scrollFigures, scrollSchema } from './scrolling.ts';

const CHROMIUM = '/usr/bin/chromium';
const ROUNDS = 7;
const WAIT_MS = 120_000;

/** Measures pages in a headless browser. Times are of seven rounds, each with an empty cache, in milliseconds. */
export async function benchPages() {
  const system = await startMeasuredSystem();
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
  const inNewPage = async <T>(work: (page: Page) => Promise<T>): Promise<T> => {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      baseURL: system.url,
      extraHTTPHeaders: { 'revtr-key': system.key },
    });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(WAIT_MS);
      return await work(page);
    } finally {
      await context.close();
    }
  };
  const rounds = async <T>(work: (page: Page) => Promise<T>): Promise<T[]> => {
    const results: T[] = [];
    for (let round = 0; round < ROUNDS; round++) results.push(await inNewPage(work));
    return results;
  };
  try {
    return {
      rounds: ROUNDS,
      interactive: {
        measure: summary(await rounds((page) => interactive(page, '/', 'form.measure button[type=submit]'))),
        path: summary(
          await rounds((page) => interactive(page, `/measurements/${system.measurement}`, '.hop a.address')),
        ),
      },
      scrolling10000Rows: scrollFigures(await rounds((page) => scroll(page, system))),
      treeOf1000Paths: {
        networks: summary(await rounds((page) => drawTree(page, system, 'networks'))),
        routers: summary(await rounds((page) => drawTree(page, system, 'routers'))),
      },
    };
  } finally {
    await browser.close();
    await system.stop();
  }
}

/** What a round took. */
interface Taken {
  readonly ms: number;
  /** Processor time of the main thread. */
  readonly processorMs: number;
}

/** From the start of the navigation until an element of the page is in the document and the main thread answers. */
async function interactive(page: Page, path: string, selector: string): Promise<Taken> {
  await page.addInitScript(`
    window.interactiveAt = new Promise((resolve) => {
      const look = () => document.querySelector(${JSON.stringify(selector)}) === null
        ? requestAnimationFrame(look)
        : setTimeout(() => resolve(performance.now()));
      look();
    });
  `);
  const { value, processorMs } = await withProcessorTime(page, async () => {
    await page.goto(path, { waitUntil: 'commit' });
    return page.evaluate('window.interactiveAt');
  });
  return { ms: z.number().parse(value), processorMs };
}

/** Scrolls through the whole batch. */
async function scroll(page: Page, { rowsBatch }: MeasuredSystem) {
  await page.goto(`/batches/${rowsBatch}`);
  await page.getByText('10,000 shown').waitFor();
  await page.locator('.tree').waitFor();
  const { value, processorMs } = await withProcessorTime(page, () => page.evaluate(SCROLL));
  return { ...scrollSchema.parse(value), processorMs };
}

/** From the choice of a filter until the tree of the paths that pass it is drawn with all levels: filtering, counting, layout and painting. */
async function drawTree(page: Page, { pathsBatch }: MeasuredSystem, unit: 'networks' | 'routers'): Promise<Taken> {
  await page.goto(`/batches/${pathsBatch}?levels=all&tree=${unit}&outcome=running`);
  await page.getByText('No path that passes the filters reaches the source.').waitFor();
  await page.getByText('1,000 of 1,000 measurements have ended.').waitFor();
  // All routers are read, not only what the tree of networks needs.
  await page.waitForLoadState('networkidle');
  const { value, processorMs } = await withProcessorTime(page, () =>
    page.evaluate(`new Promise((resolve) => {
      const isOutcome = (label) => label.textContent.startsWith('Outcome');
      const select = [...document.querySelectorAll('label')].find(isOutcome).querySelector('select');
      const begun = performance.now();
      // React listens to the setter of the element itself.
      const { set } = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, 'value');
      set.call(select, 'reaches');
      select.dispatchEvent(new Event('change', { bubbles: true }));
      const look = () => document.querySelector('.tree .node') === null
        ? requestAnimationFrame(look)
        : requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - begun)));
      look();
    })`),
  );
  return { ms: z.number().parse(value), processorMs };
}

const summary = (rounds: readonly Taken[]) => ({
  medianMs: Math.round(median(rounds.map(({ ms }) => ms))),
  longestMs: Math.round(Math.max(...rounds.map(({ ms }) => ms))),
  medianProcessorMs: Math.round(median(rounds.map(({ processorMs }) => processorMs))),
});
