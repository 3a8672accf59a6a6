import { type Hop, type Measurement, ReverseTracerouteClient } from '@revtr/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, expectFit } from './accessibility.ts';
import { hasBrowser, startBrowser } from './browser.ts';
import { withSession } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const SIZE = 80;
const WIDTHS = [390, 1280, 1920];
const LOOKS = [
  [390, 'light'],
  [1280, 'light'],
  [1920, 'dark'],
] as const;

describe.skipIf(!hasBrowser)('the views of batches', () => {
  let system: DemoSystem;
  let browser: Browser;
  let client: ReverseTracerouteClient;
  /** Two batches that have all but the first and the last ten destinations in common. */
  let before: readonly Measurement[];
  let after: readonly Measurement[];
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    const measured = async (first: number): Promise<readonly Measurement[]> => {
      const pairs = system.destinations
        .slice(first, first + SIZE)
        .map((dst) => ({ src: system.source, dst, isRunRttPings: true }));
      return (await client.wait((await client.submit(pairs)).batchId)).measurements;
    };
    before = await measured(0);
    after = await measured(10);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const withUser = (run: (page: Page) => Promise<void>): Promise<void> => withSession(browser, system, run);
  const reached = (measurements: readonly Measurement[]): Measurement[] =>
    measurements.filter(({ result }) => result?.stopReason === 'reaches');
  const rowsOf = (page: Page) => page.locator('table.batch tbody tr:not(.space)');

  it('draw the tree of the networks, of which each has as many paths as pass it', () =>
    withUser(async (page) => {
      await page.goto(`/batches/${before[0].batchId}?levels=all`);
      const nodes = page.getByRole('treeitem');
      await nodes.first().waitFor();
      const paths = reached(before).map(({ result }) => asPathOf(result?.hops ?? []).reverse());
      const expected = new Map<string, number>();
      for (const path of paths) {
        expected.set(system.source, paths.length);
        for (let i = 1; i <= path.length; i++) {
          const id = path.slice(0, i).join(' ');
          expected.set(id, (expected.get(id) ?? 0) + 1);
        }
      }
      expect((await nodes.locator('.number').allTextContents()).map(Number).sort()).toEqual(
        [...expected.values()].sort(),
      );
    }));

  it('filter the table by a node of the tree, which is in the URL', () =>
    withUser(async (page) => {
      await page.goto(`/batches/${before[0].batchId}`);
      const node = page.getByRole('treeitem', { level: 3 }).first();
      await node.click();
      const count = Number(await node.locator('.number').textContent());
      await page.getByText(`${count} shown`, { exact: true }).waitFor();
      expect(new URL(page.url()).searchParams.get('via')).toMatch(new RegExp(`^${system.source}~\\d+~\\d+$`));
      await page.reload();
      await page.getByText(`${count} shown`, { exact: true }).waitFor();
      await page.getByRole('button', { name: /^Only those through AS\d+ in the tree/ }).click();
      await page.getByText(`${SIZE} shown`, { exact: true }).waitFor();
      await page.goBack();
      await page.getByText(`${count} shown`, { exact: true }).waitFor();
    }));

  it('open the tree of the routers with the keyboard alone', () =>
    withUser(async (page) => {
      await page.goto(`/batches/${before[0].batchId}?tree=routers&levels=2`);
      await page.getByRole('tree').focus();
      const active = page.locator('.tree .node.active');
      await expect.poll(() => active.getAttribute('aria-level')).toBe('1');
      const visible = await page.getByRole('treeitem').count();
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => active.getAttribute('aria-level')).toBe('2');
      expect(await active.getAttribute('aria-expanded')).toBe('false');
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => active.getAttribute('aria-expanded')).toBe('true');
      expect(await page.getByRole('treeitem').count()).toBeGreaterThan(visible);
      const address = ((await active.locator('.text').textContent()) ?? '').split(' ')[0];
      await page.keyboard.press('Enter');
      const passing = reached(before).filter(({ result }) => result?.hops.at(-2)?.address === address);
      await page.getByText(`${passing.length} shown`, { exact: true }).waitFor();
      await page.keyboard.press('ArrowLeft');
      await expect.poll(() => active.getAttribute('aria-expanded')).toBe('false');
      await page.keyboard.press('ArrowLeft');
      await expect.poll(() => active.getAttribute('aria-level')).toBe('1');
    }));

  it('show the tree as a table with the same numbers', () =>
    withUser(async (page) => {
      await page.goto(`/batches/${before[0].batchId}?levels=3`);
      await page.getByRole('treeitem').first().waitFor();
      const numbers = await page.getByRole('treeitem').locator('.number').allTextContents();
      await page.getByRole('button', { name: 'Show as a table' }).click();
      const rows = page.locator('table.tree-table tbody tr:not(.space)');
      await rows.first().waitFor();
      await expect.poll(() => rows.locator('td:nth-child(3)').allTextContents()).toEqual(numbers);
      expect(page.url()).toContain('view=table');
    }));

  it('compare two batches in sentences and destination by destination', () =>
    withUser(async (page) => {
      await page.goto(`/batches/${before[0].batchId}`);
      await page.getByLabel('Compare with').selectOption(String(after[0].batchId));
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.waitForURL(`**/batches/${before[0].batchId}/compare/${after[0].batchId}`);
      const common = before.filter(({ destination }) => after.some((other) => other.destination === destination));
      await page
        .getByText(`${common.length} destinations are in both batches. 10 are only in batch ${before[0].batchId}, `)
        .waitFor();
      await page.getByLabel('Change').selectOption('missing');
      await page.getByText('20 shown', { exact: true }).waitFor();
      expect(page.url()).toContain('change=missing');
    }));

  it('tell a changed AS path, a lost path and a slower one from what did not change', () =>
    withUser(async (page) => {
      const [path, entry, lost, slow, hidden] = before
        .filter(({ destination }) => after.some((other) => other.destination === destination))
        .filter(({ result }) => result?.stopReason === 'reaches' && asPathOf(result.hops).length > 3)
        .map(({ destination }) => destination);
      const changes: Readonly<Record<string, (outline: Outline) => Partial<Outline>>> = {
        [path]: ({ networks }) => ({ networks: [networks[0], 64_500, ...networks.slice(2)] }),
        [entry]: ({ networks }) => ({ networks: [...networks.slice(0, -2), 64_501, ...networks.slice(-1)] }),
        [lost]: () => ({ stopReason: 'failed' }),
        [slow]: ({ rttMs = 0 }) => ({ rttMs: rttMs * 2 + 20 }),
        // The entry network is not visible.
        [hidden]: ({ networks }) => ({ networks: networks.toSpliced(-2, 1) }),
      };
      // What the second batch would say if the routing had changed. Everything else is as in the first one.
      const first = await client.outlines(before[0].batchId);
      await page.route(`**/api/v2/batches/${after[0].batchId}/measurements*`, (route) =>
        route.fulfill({
          json: {
            ...first,
            next: undefined,
            measurements: first.measurements.map((outline) => ({
              ...outline,
              ...changes[outline.destination]?.({ networks: [], ...outline }),
            })),
          },
        }),
      );
      await page.goto(`/batches/${before[0].batchId}/compare/${after[0].batchId}`);
      await page.getByText(/^80 destinations are in both batches\.$/).waitFor();
      await page
        .getByText(/1 differ only in networks that one of the two does not show, and 2 changed; 1 enter/)
        .waitFor();
      await page.getByText(/^1 path reaches the source only in batch \d+, and none only in batch \d+\.$/).waitFor();
      await page
        .getByText(/It rose by at least 10 ms and 20 % for 1 of them, and fell by as much for none\./)
        .waitFor();
      const listed = async (change: string): Promise<(string | null)[]> => {
        await page.getByLabel('Change').selectOption(change);
        await page.getByText(/^\d+ shown$/).waitFor();
        return rowsOf(page).locator('td:first-child').allTextContents();
      };
      await expect.poll(() => listed('asPath')).toEqual(expect.arrayContaining([path, entry]));
      await expect.poll(() => listed('visibility')).toEqual([hidden]);
      await expect.poll(() => listed('reach')).toEqual([lost]);
      await expect.poll(() => listed('rtt')).toEqual([slow]);
      await expect.poll(() => listed('entry')).toEqual([entry]);
      await page.getByRole('button', { name: /→ AS64501/ }).click();
      await expect.poll(() => new URL(page.url()).searchParams.get('moved')).toMatch(/~64501$/);
    }));

  it.each([
    ['/batches/BEFORE'],
    ['/batches/BEFORE?tree=routers&levels=all'],
    ['/batches/BEFORE?view=table'],
    ['/batches/BEFORE/compare/AFTER'],
  ])('%s fits every width and is accessible', (path) =>
    withUser(async (page) => {
      await page.goto(path.replace('BEFORE', String(before[0].batchId)).replace('AFTER', String(after[0].batchId)));
      await page.locator('.tree, .tree-table, table.batch').first().waitFor();
      await page.waitForLoadState('networkidle');
      for (const width of WIDTHS) await expectFit(page, width);
      for (const [width, colorScheme] of LOOKS) await expectAccessible(page, width, colorScheme);
    }),
  );
});

interface Outline {
  readonly networks: readonly number[];
  readonly rttMs?: number;
  readonly stopReason?: string;
}

/** The networks of a path, also those of which no router is visible; repetitions in a row are taken once. */
function asPathOf(hops: readonly Pick<Hop, 'asn' | 'hiddenNetwork'>[]): number[] {
  const known = hops.flatMap(({ asn, hiddenNetwork }) => [asn ?? [], hiddenNetwork?.asn ?? []].flat());
  return known.filter((asn, i) => asn !== known[i - 1]);
}
