import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser, type WatchedPage, withPage } from './browser.ts';
import { logIn, mailedToken, pressTwice, useMailedLink } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const PICTURE = join(import.meta.dirname, '../../../docs/pictures/onboarding.png');

describe.skipIf(!hasBrowser)('the pages of people who join', () => {
  let system: DemoSystem;
  let browser: Browser;
  let operator: ReverseTracerouteClient;
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem(), startBrowser()]);
    operator = new ReverseTracerouteClient({ server: system.url, key: system.key });
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  const withVisitor = (run: (watched: WatchedPage) => Promise<void>): Promise<void> =>
    withPage(browser, system.url, run);
  const tokenFor = (email: string): Promise<string> => mailedToken(operator, email);

  it('lead a stranger from the application to a source that is ready, step by step', () =>
    withVisitor(async ({ page }) => {
      await page.goto('/sources');
      await page.getByRole('link', { name: 'Host a source' }).click();
      await page.getByLabel('Public IPv4 address').fill('2001:db8::1');
      await page.getByLabel('Where it is hosted').fill('a data centre');
      await page.getByLabel('What you want to measure').fill('paths\nback to me');
      await page.getByLabel('Your name').fill('H. Ost');
      await page.getByLabel('Your e-mail address').fill('h.ost@revtr.example');
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByRole('alert').getByText('IPv6 is not supported yet').waitFor();
      await page.getByLabel('Public IPv4 address').fill(system.spareHost);
      await page.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('A mail is on its way to h.ost@revtr.example').waitFor();
      expect(await useMailedLink(page, await tokenFor('h.ost@revtr.example'))).toBe('');
      const [application] = await operator.fleet.applications('pending');
      expect(application).toMatchObject({ address: system.spareHost, name: 'H. Ost' });

      // The operator decides in another browser.
      await withVisitor(async (other) => {
        await logIn(other.page, system);
        await other.page.goto('/operate');
        await other.page.getByRole('link', { name: '1 application waits for a decision' }).click();
        await other.page.getByLabel('Note for the mail').fill('welcome');
        await other.page.getByRole('button', { name: `Approve ${system.spareHost}` }).click();
        await other.page.getByText('No application waits for a decision.').waitFor();
      });
      const key = await useMailedLink(page, await tokenFor('h.ost@revtr.example'));
      await logIn(page, { key });
      await page.goto('/sources/apply');
      const steps = page.locator('.checklist li');
      await page.getByText('Your source is ready.').waitFor({ timeout: 60_000 });
      expect(await steps.evaluateAll((items) => items.map(({ dataset }) => dataset.state))).toEqual(
        Array.from({ length: 7 }, () => 'done'),
      );
      await page.getByText('Receives replies to spoofed probes').waitFor();
      // The picture in the documentation is replaced when REVTR_PICTURES is set.
      if (process.env.REVTR_PICTURES !== undefined)
        await page.locator('article.application').screenshot({ path: PICTURE });
      await page.getByRole('link', { name: 'Measure a path back to it' }).click();
      expect(await page.getByLabel('back to').inputValue()).toBe(system.spareHost);
    }));

  it('show the commands that start the agent until it connects', () =>
    withVisitor(async ({ page }) => {
      const address = '1.0.3.9';
      await operator.fleet.apply({ address, hosting: 'own', reason: 'testing' });
      const [{ id }] = await operator.fleet.applications('pending');
      await operator.fleet.approve(id);
      await logIn(page, system);
      await page.goto('/sources/apply');
      const entry = page.getByRole('article', { name: `Source ${address}` });
      await entry.getByText('start the agent on the machine').waitFor();
      expect(await entry.locator('pre').textContent()).toContain(`curl -O ${system.url}/api/v2/root.crt`);
    }));

  it('say why a source waits for a test that could not be made', () =>
    withVisitor(async ({ page }) => {
      const agent = await operator.fleet.agent(system.source);
      const [{ report, ...test }] = agent.tests;
      const reason = 'no agent that can spoof was connected';
      const tests = report.tests.map((each) =>
        each.name === 'receiveSpoofed' ? { ...each, verdict: 'notTested', reason, evidence: [] } : each,
      );
      const json = {
        ...agent,
        state: 'testing',
        tests: [{ ...test, report: { ...report, verdict: 'notTested', tests } }],
      };
      await page.route(`**/api/v2/agents/${system.source}`, (route) => route.fulfill({ json }));
      await logIn(page, system);
      await page.goto(`/sources/${system.source}`);
      await page.getByText('waits for agents that it can be tested with').waitFor();
      await page.getByText(`Receives replies to spoofed probes: not tested ${reason}`).waitFor();
      await page.getByText(`: not tested (${test.cause})`).waitFor();
    }));

  it('create an account for somebody who registers, and delete it again', () =>
    withVisitor(async ({ page }) => {
      await page.goto('/log-in');
      await page.getByRole('link', { name: 'Register' }).click();
      await page.getByLabel('Name').fill('N. Ewcomer');
      await page.getByLabel('E-mail address').fill('n.ewcomer@revtr.example');
      await page.getByRole('button', { name: 'Register' }).click();
      await page.getByText('A mail is on its way to n.ewcomer@revtr.example').waitFor();
      const key = await useMailedLink(page, await tokenFor('n.ewcomer@revtr.example'));
      expect(key).toMatch(/^revtr_/);
      await page.getByRole('link', { name: 'Log in with the key' }).click();
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('link', { name: 'N. Ewcomer' }).click();
      const client = new ReverseTracerouteClient({ server: system.url, key });
      await client.submit([{ src: system.source, dst: system.destinations[0] }]);
      await page.reload();
      await page.getByText('1 of 40,000').waitFor();
      const exported: string[] = [];
      for await (const { type } of client.accounts.export()) exported.push(type);
      expect(exported).toContain('measurement');
      await page.getByText('Delete this account').click();
      await page.getByLabel('Your e-mail address, to confirm').fill('somebody@revtr.example');
      await page.getByRole('button', { name: 'Delete the account for good' }).click();
      await page.getByText('The e-mail address is not the one of your account.').waitFor();
      await page.getByLabel('Your e-mail address, to confirm').fill('n.ewcomer@revtr.example');
      await page.getByRole('button', { name: 'Delete the account for good' }).click();
      await page.waitForURL('/');
      await expect(client.accounts.account()).rejects.toMatchObject({ code: 'unauthorized' });
    }));

  it('manage several keys with scopes and expiry, replace one, and end another session', () =>
    withVisitor(async ({ page, context }) => {
      await operator.accounts.invite({ name: 'Keys', email: 'keys@revtr.example', role: 'user' });
      const key = await useMailedLink(page, await tokenFor('keys@revtr.example'));
      await logIn(page, { key });
      const other = await context.browser()?.newContext({ baseURL: system.url });
      const otherPage = await other?.newPage();
      if (otherPage !== undefined) await logIn(otherPage, { key });
      await page.goto('/account');
      await page.getByLabel('Name, to tell your keys apart').fill('reader');
      await page.getByLabel('Last day on which it works').fill('2099-12-31');
      await page.getByRole('checkbox', { name: /^measure/ }).uncheck();
      await page.getByRole('checkbox', { name: /^host/ }).uncheck();
      await page.getByRole('button', { name: 'Create' }).click();
      const shown = page.locator('code', { hasText: 'revtr_' });
      const reader = new ReverseTracerouteClient({ server: system.url, key: (await shown.textContent()) ?? '' });
      expect((await reader.accounts.account()).scopes).toEqual(['read']);
      const row = page.getByRole('row', { name: /reader/ });
      await row.getByText('2099-12-31').waitFor();
      await pressTwice(page, 'Replace reader');
      await expect.poll(() => page.getByRole('row', { name: /reader/ }).count()).toBe(2);
      // The old key works during the grace period.
      expect((await reader.accounts.account()).email).toBe('keys@revtr.example');
      const sessions = page.getByRole('region', { name: 'Browser sessions' });
      await expect.poll(() => sessions.getByRole('row').count()).toBe(3);
      await pressTwice(page, 'End the session that began with mailed link');
      await expect.poll(() => sessions.getByRole('row').count()).toBe(2);
      await otherPage?.goto('/account');
      await otherPage?.getByText('You are not logged in.').waitFor();
      await other?.close();
    }));
});
