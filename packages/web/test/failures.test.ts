import { ReverseTracerouteClient } from '@revtr/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser, type WatchedPage, withPage } from './browser.ts';
import { logIn, mailedToken, measure } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

describe.skipIf(!hasBrowser)('failures as a visitor meets them', () => {
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
  /** A new user with a limit, and the user's key. */
  const userWith = async (limits: { perDay?: number; perMinute?: number; parallel?: number }): Promise<string> => {
    const email = `limited-${Object.keys(limits).join().toLowerCase()}@revtr.example`;
    const { id } = await operator.accounts.invite({ name: 'Limited', email, role: 'user' });
    await operator.accounts.changeUser(id, { limits });
    return (await operator.accounts.redeem(await mailedToken(operator, email))).key ?? '';
  };

  it.each([
    [{ perDay: 1 }, /The limit is 1 measurements per day: 1 are used/, /Try again in \d+ (hours|minutes|seconds)\./],
    [{ perMinute: 1 }, /The limit is 1 measurements per minute: 1 are used/, /Try again in \d+ seconds\./],
  ])('an exhausted quota (%j) is named, with the time until the next measurement', (limits, which, when) =>
    withVisitor(async ({ page }) => {
      const key = await userWith(limits);
      await logIn(page, { key });
      await measure(page, system, system.destinations[0]);
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
      await page.goto('/');
      await measure(page, system, system.destinations[1]);
      const alert = page.getByRole('alert');
      await alert.getByText(which).first().waitFor();
      await alert.getByText(when).waitFor();
      await page.goto('/account');
      await page.getByText('Used up.').waitFor();
    }),
  );

  it('a session that has ended leads to the login and back', () =>
    withVisitor(async ({ page }) => {
      await logIn(page, system);
      const [session] = await operator.accounts.sessions();
      await page.goto('/batches');
      await page.getByRole('heading', { name: 'Batches' }).waitFor();
      await operator.accounts.endSession(session.id);
      await page.reload();
      await page.getByText('You are not logged in, or your session has ended.').waitFor();
      await page.getByRole('alert').getByRole('link', { name: 'Log in' }).click();
      await page.getByLabel('API key').fill(system.key);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.waitForURL('/batches');
    }));

  it('an error of the server says that it is not the fault of the visitor, and what to do', () =>
    withVisitor(async ({ page }) => {
      await page.goto('/');
      await page.getByLabel('From').waitFor();
      const body = {
        error: {
          code: 'internal',
          message: 'the server failed; the operator can find the reason in the log',
          details: [],
        },
      };
      await page.route('**/api/v1/revtr*', (route) => route.fulfill({ status: 500, json: body }));
      await measure(page, system, system.destinations[0]);
      const alert = page.getByRole('alert');
      await alert.getByText('The server failed').waitFor();
      await alert.getByText('Try again later').waitFor();
      await page.unroute('**/api/v1/revtr*');
      await page.getByRole('button', { name: 'Measure', exact: true }).click();
      await page.getByText(/^The path from .* back to/).waitFor({ timeout: 60_000 });
    }));

  it('an answer that is no JSON, for instance of a proxy, does not break the page', () =>
    withVisitor(async ({ page }) => {
      await page.route('**/api/v1/revtr*', (route) =>
        route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }),
      );
      await page.goto('/');
      await measure(page, system, system.destinations[0]);
      await page.getByRole('alert').getByText('status 502').waitFor();
    }));

  it('a server that is away is named, and the page recovers by itself', () =>
    withVisitor(async ({ page }) => {
      await page.route('**/api/v1/sources', (route) => route.abort('connectionrefused'), { times: 2 });
      await page.goto('/sources');
      await page.getByRole('link', { name: system.source }).waitFor({ timeout: 30_000 });
    }));

  it.each(['/no/such/page', '/operate/nothing', '/measurements/none', '/batches/none'])(
    '%s does not exist, and leads back',
    (path) =>
      withVisitor(async ({ page }) => {
        await page.goto(path);
        await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
        await page.getByRole('link', { name: 'Measure a reverse path' }).click();
        await page.waitForURL('/');
      }),
  );

  it('a page that does not exist has status 404', async () => {
    const answer = await fetch(`${system.url}/no/such/page`, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(404);
  });

  it('every document forbids scripts that are not files of the server', async () => {
    for (const path of [
      '/',
      '/accuracy',
      '/operate/mails',
      '/sources/apply',
      '/opt-out',
      '/about-probes',
      '/confirm',
    ]) {
      const policy = (await fetch(`${system.url}${path}`)).headers.get('content-security-policy') ?? '';
      const directives = new Map(policy.split(';').map((part) => [part.trim().split(' ')[0], part.trim()]));
      expect(directives.get('default-src'), path).toBe("default-src 'none'");
      expect(["script-src 'self'", undefined], path).toContain(directives.get('script-src'));
      expect(policy, path).not.toMatch(/unsafe|\*|data:|blob:|https?:/);
    }
  });
});
