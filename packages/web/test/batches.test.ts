import { ReverseTracerouteClient } from '@revtr/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser } from './browser.ts';
import { withSession } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const SIZE = 300;

describe.skipIf(!hasBrowser)('the pages of batches and accounts', () => {
  let system: DemoSystem;
  let browser: Browser;
  let client: ReverseTracerouteClient;
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const withUser = (run: (page: Page) => Promise<void>): Promise<void> => withSession(browser, system, run);

  it('submit a list, name the lines that cannot be measured, and show the progress', () =>
    withUser(async (page) => {
      await page.goto('/batches/new');
      await page.getByLabel('back to').selectOption(system.source);
      const [first, second] = system.destinations;
      await page
        .getByLabel('Destinations')
        .fill(`${first} with a label\n\n# a comment\n2001:db8::1\n10.0.0.1\n${second}\n`);
      await page.getByText('Line 4: 2001:db8::1 is an IPv6 address').waitFor();
      await page.getByText('3 of 4 lines can be submitted.').waitFor();
      await page.getByRole('button', { name: 'Submit', exact: true }).click();
      await page.getByText('Line 5: 10.0.0.1 is Private-Use').waitFor();
      await page.getByRole('button', { name: 'Submit the others' }).click();
      await page.waitForURL(/\/batches\/\d+$/);
      await page.getByText('2 of 2 measurements have ended.').waitFor({ timeout: 60_000 });
      const rows = await page.locator('table.batch tbody tr:not(.space)').allTextContents();
      expect(rows).toHaveLength(2);
      expect(rows[0]).toContain('with a label');
    }));

  it('list many measurements with a few rows, and filter them by the URL', () =>
    withUser(async (page) => {
      const pairs = Array.from({ length: SIZE }, (_, i) => ({
        src: system.source,
        dst: system.destinations[i % system.destinations.length],
        label: `pair ${i}`,
      }));
      const { batchId } = await client.submit(pairs);
      const { measurements } = await client.wait(batchId);
      await page.goto(`/batches/${batchId}`);
      const rows = page.locator('table.batch tbody tr:not(.space)');
      await rows.first().waitFor();
      expect(await rows.count()).toBeLessThan(SIZE / 2);
      // The page grows while it reads the batch, so that its end has to be looked for again.
      await expect
        .poll(
          async () => {
            await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
            return rows.getByText(`pair ${SIZE - 1}`, { exact: true }).count();
          },
          { timeout: 60_000 },
        )
        .toBe(1);
      await page.goto(`/batches/${batchId}?outcome=reaches&text=pair+1`);
      const expected = measurements.filter(
        ({ label, result }) => label.includes('pair 1') && result?.stopReason === 'reaches',
      );
      await page.getByText(`${expected.length} shown`).waitFor();
      await page.getByLabel('Destination or label').fill('no such label');
      await page.getByText('No measurement passes the filters.').waitFor();
      expect(page.url()).toContain('text=no+such+label');
      await page.getByRole('link', { name: 'Batches' }).click();
      await page.getByRole('link', { name: `Batch ${batchId}`, exact: true }).waitFor();
    }));

  it('count through which networks the paths enter', () =>
    withUser(async (page) => {
      const pairs = system.destinations.slice(0, 40).map((dst) => ({ src: system.source, dst }));
      const { measurements } = await client.wait((await client.submit(pairs)).batchId);
      const entries = new Map<number, number>();
      for (const { result } of measurements) {
        if (result?.stopReason !== 'reaches') continue;
        const known = result.hops.flatMap(({ asn }) => asn ?? []);
        const own = known.at(-1);
        const entry = known.findLast((asn) => asn !== own);
        if (entry !== undefined) entries.set(entry, (entries.get(entry) ?? 0) + 1);
      }
      const [[asn, count]] = [...entries].sort(([, a], [, b]) => b - a);
      await page.goto(`/batches/${measurements[0].batchId}`);
      const bar = page.locator('.bars li').first();
      expect(await bar.textContent()).toContain(`AS${asn} `);
      expect(await bar.textContent()).toContain(`${count} (`);
      await bar.getByRole('button').click();
      await page.getByText(`${count} shown`).waitFor();
    }));

  it('create a key that works, and revoke it', () =>
    withUser(async (page) => {
      await page.goto('/account');
      await page.getByLabel('Name, to tell your keys apart').fill('from a browser');
      await page.getByRole('button', { name: 'Create' }).click();
      const key = await page.locator('code', { hasText: 'revtr_' }).textContent();
      const other = new ReverseTracerouteClient({ server: system.url, key: key ?? '' });
      expect((await other.accounts.account()).scopes).toEqual(['read', 'measure', 'host']);
      const revoke = page.getByRole('button', { name: 'Revoke from a browser' });
      await revoke.click();
      await revoke.click();
      await revoke.waitFor({ state: 'detached' });
      await expect(other.accounts.account()).rejects.toMatchObject({ code: 'unauthorized' });
    }));

  it('log out', () =>
    withUser(async (page) => {
      await page.goto('/account');
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByRole('link', { name: 'Log in', exact: true }).waitFor();
      await page.goto('/account');
      await page.getByText('You are not logged in.').waitFor();
    }));

  it('show a source to its host, and change who may measure to it', () =>
    withUser(async (page) => {
      await page.goto('/sources');
      await page.getByRole('link', { name: system.source }).click();
      await page.getByText('State: ready').waitFor();
      await page.getByRole('radio', { name: /^private/ }).check();
      await page.getByRole('button', { name: 'Save' }).click();
      await expect.poll(async () => (await client.accounts.visibility(system.source)).visibility).toBe('private');
      await client.accounts.setVisibility(system.source, 'public');
    }));
});
