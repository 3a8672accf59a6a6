import { ReverseTracerouteClient } from '@revtr/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, expectFit } from './accessibility.ts';
import { hasBrowser, openPage, startBrowser, type WatchedPage, withPage } from './browser.ts';
import { HOSTILE_SHOWN, withHostileText } from './hostile.ts';
import { logIn, pressTwice } from './steps.ts';
import { type DemoSystem, startDemoSystem } from './system.ts';

const AUDITS_PER_DAY = 86_400;
const PATHS = [
  '/accuracy',
  '/accuracy?days=7',
  '/sources/apply',
  '/sources/HOST',
  '/register',
  '/account',
  '/operate',
  '/operate/kill-switches',
  '/operate/applications',
  '/operate/users',
  '/operate/users?user=1',
  '/operate/agents',
  '/operate/queue',
  '/operate/budgets',
  '/operate/opt-outs',
  '/operate/audit',
  '/operate/audit?of=events',
  '/operate/mails',
  '/operate/datasets',
  '/operate/nothing',
  '/opt-out',
  '/about-probes',
  '/confirm',
];
/** Each width and each scheme of colours at least once. */
const LOOKS = [
  [390, 'light'],
  [390, 'dark'],
  [1280, 'light'],
  [1280, 'dark'],
  [1920, 'dark'],
] as const;
/** Fields of answers whose text comes from people or from the network. */
const STRANGERS = new Set([
  ...['name', 'email', 'hosting', 'reason', 'note', 'hostname', 'site', 'subject', 'body', 'recipient', 'lastError'],
  ...['title', 'from', 'message', 'detail', 'contact', 'keyName', 'client'],
]);

describe.skipIf(!hasBrowser)('the pages of operators', () => {
  let system: DemoSystem;
  let browser: Browser;
  let client: ReverseTracerouteClient;
  let watched: WatchedPage;
  let page: Page;
  beforeAll(async () => {
    [system, browser] = await Promise.all([startDemoSystem({ selfAuditsPerDay: AUDITS_PER_DAY }), startBrowser()]);
    client = new ReverseTracerouteClient({ server: system.url, key: system.key });
    await client.wait((await client.submit([{ src: system.source, dst: system.destinations[0] }])).batchId);
    watched = await openPage(browser, system.url);
    ({ page } = watched);
    await logIn(page, system);
  });
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('stop and allow again everything that has a kill switch', async () => {
    await page.goto('/operate/kill-switches');
    const [batch] = await client.batches();
    const subjects = [
      ['all probing', ''],
      ['all spoofed probes', ''],
      ['probes to a target', '1.0.9.0/24'],
      ['a source', system.spareHost],
      ['a vantage point', system.spareHost],
      ['a user', '999'],
      ['a batch', String(batch.id)],
      ['an API key', '999'],
    ];
    for (const [title, subject] of subjects) {
      await page.getByRole('combobox', { name: /^Stop/ }).selectOption(title);
      if (subject !== '') await page.getByLabel('Which').fill(subject);
      await page.getByLabel('Reason').fill(`because of ${title}`);
      await page.getByRole('button', { name: 'Stop', exact: true }).click();
      await page.getByText(`because of ${title}`).waitFor();
    }
    expect(await client.fleet.killSwitches()).toHaveLength(subjects.length);
    await page.goto('/operate');
    await page.getByRole('link', { name: `${subjects.length} are stopped by kill switches` }).click();
    for (const [title, subject] of subjects) {
      await pressTwice(page, `Allow again ${title} ${subject}`.trim());
      await page.getByText(`because of ${title}`, { exact: true }).waitFor({ state: 'detached' });
    }
    await page.getByText('Nothing is stopped.').waitFor();
    await page.getByRole('combobox', { name: /^Stop/ }).selectOption('probes to a target');
    await page.getByLabel('Which').fill('nonsense');
    await page.getByLabel('Reason').fill('a mistake');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('alert').waitFor();
    expect(await client.fleet.killSwitches()).toEqual([]);
  });

  it('turn a complaint into an opt-out in one step, and say what was sent', async () => {
    const { records } = await client.fleet.audit({ limit: '1000' });
    const measured = records.find(({ measurement, user }) => measurement !== undefined && user !== undefined);
    await page.goto('/operate/opt-outs');
    await page.getByLabel('Address or prefix').fill(measured?.target ?? '');
    await page.getByLabel('Who complained, and when').fill('abuse@network.example, today');
    await page.getByRole('button', { name: 'Stop probes and report' }).click();
    const report = page.getByRole('region', { name: `Report about ${measured?.target}/32` });
    await report.getByText('is on the opt-out list.').waitFor();
    await report
      .getByRole('link', { name: `measurement ${measured?.measurement}` })
      .first()
      .waitFor();
    await report.getByRole('link', { name: 'lab@revtr.example' }).first().waitFor();
    expect(await client.fleet.optOuts()).toMatchObject([{ network: `${measured?.target}/32` }]);
    await pressTwice(page, `Allow probes to ${measured?.target}/32`);
    await page.getByText('0 of 0 networks').waitFor();
  });

  it('decide about requests to opt out', async () => {
    const stranger = await openPage(browser, system.url, { javaScriptEnabled: false });
    await stranger.page.goto('/opt-out');
    await stranger.page.getByLabel(/^Network/).fill('1.0.200.0/24');
    await stranger.page.getByRole('button', { name: 'Request' }).click();
    await stranger.page.getByRole('heading', { name: 'Your request for 1.0.200.0/24' }).waitFor();
    await stranger.context.close();
    await page.goto('/operate/opt-outs');
    await page.getByRole('button', { name: 'Accept 1.0.200.0/24' }).click();
    await page.getByRole('cell', { name: 'accepted (operator)' }).waitFor();
    expect(await client.fleet.optOuts()).toMatchObject([{ network: '1.0.200.0/24' }]);
  });

  it('quarantine a vantage point, test it, and withdraw it', async () => {
    const vantagePoint = (await client.fleet.agents()).find(({ kind }) => kind === 'vantagePoint')?.address ?? '';
    const stateOf = async () => (await client.fleet.agent(vantagePoint)).state;
    await page.goto(`/operate/agents?text=${vantagePoint}`);
    const row = page.getByRole('row', { name: new RegExp(vantagePoint.replaceAll('.', '\\.')) });
    await row.getByText('Actions').click();
    await row.getByLabel('Reason').fill('it lies');
    await row.getByRole('button', { name: `Quarantine ${vantagePoint}` }).click();
    await row.getByText('it lies (an operator must end it)').waitFor();
    expect(await stateOf()).toBe('quarantined');
    await pressTwice(page, `Test now ${vantagePoint}`);
    await expect.poll(stateOf, { timeout: 30_000 }).toBe('ready');
    await pressTwice(page, `Revoke the certificate of ${vantagePoint}`);
    await row.getByText(`The agent of ${vantagePoint} has no certificate.`).waitFor();
    await pressTwice(page, `Withdraw ${vantagePoint}`);
    await page.getByText('No agent matches.').waitFor();
    expect(await stateOf()).toBe('withdrawn');
    await page.getByLabel('State').selectOption('withdrawn');
    await row.waitFor();
  });

  it('invite a user, change the limits and the role, and disable the user', async () => {
    await page.goto('/operate/users');
    await page.getByLabel('Name', { exact: true }).fill('Invited');
    await page.getByLabel('E-mail address', { exact: true }).fill('invited@revtr.example');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByText('invited@revtr.example is invited.').waitFor();
    await page.getByRole('link', { name: 'Change invited@revtr.example' }).click();
    await page.getByLabel('Measurements a day').fill('7');
    await page.getByRole('button', { name: 'Save the limits' }).click();
    await page.getByText('Saved.').waitFor();
    await pressTwice(page, 'Make an operator invited@revtr.example');
    await page.getByRole('button', { name: 'Make a user invited@revtr.example' }).waitFor();
    await pressTwice(page, 'Disable invited@revtr.example');
    await page.getByRole('cell', { name: 'operator, disabled' }).waitFor();
    const [user] = await client.accounts.users({ email: 'invited@revtr.example' });
    expect(user).toMatchObject({ role: 'operator', disabled: true, limits: { perDay: 7 } });
  });

  it('show what waits in the queue, and who holds what is under way', async () => {
    await client.fleet.stopProbes({ scope: 'probing', subject: '', reason: 'a test' });
    const { batchId } = await client.submit(
      system.destinations.slice(0, 5).map((dst) => ({ src: system.source, dst })),
    );
    await page.goto('/operate/queue');
    await page.getByRole('row', { name: /lab@revtr\.example 0 5/ }).waitFor();
    await client.fleet.resumeProbes('probing');
    await client.wait(batchId);
    await page.getByText('No measurement waits or is under way.').waitFor();
  });

  it('find the probes of a measurement in the audit, and actions of operators', async () => {
    const { records } = await client.fleet.audit({ limit: '1000' });
    const { measurement } = records.find((record) => record.measurement !== undefined) ?? {};
    const { records: expected } = await client.fleet.audit({ measurement: String(measurement) });
    await page.goto('/operate/audit');
    await page.getByLabel('Number of the measurement').fill(String(measurement));
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText(`${expected.length} probes, newest first`).waitFor();
    expect(page.url()).toContain(`measurement=${measurement}`);
    await page.getByLabel('Target').fill('no address');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('button', { name: 'Refusals, logins and actions' }).click();
    await page.getByLabel('Kind').selectOption('operatorAction');
    await page.getByRole('button', { name: 'Search' }).click();
    await page
      .getByRole('cell', { name: /kill-switches/ })
      .first()
      .waitFor();
  });

  it('hand over a mail with a link that works, and refuse a file that is no dataset', async () => {
    const email = 'forwarded@revtr.example';
    await client.accounts.invite({ name: 'Forwarded', email, role: 'user' });
    await page.goto('/operate/mails');
    await page.getByText(`to ${email}`).click();
    await pressTwice(page, `Show with a link that works for ${email}`);
    await page.getByText(/\/confirm#[\w-]{20}/).waitFor();
    await page.goto('/operate/datasets');
    await page
      .getByText(/^Replace /)
      .first()
      .click();
    await page
      .getByLabel(/^File for/)
      .first()
      .setInputFiles({ name: 'x', mimeType: 'text/plain', buffer: Buffer.from('<b>\n') });
    await page.getByRole('button', { name: 'Import' }).first().click();
    await page.getByRole('alert').waitFor();
  });

  it('show how right the system is, with the figures of the API', async () => {
    await expect
      .poll(async () => (await client.fleet.accuracy()).audits.judged, { timeout: 60_000, interval: 1_000 })
      .toBeGreaterThan(0);
    // An audit that ends while the page is read may bring a kind that the page does not show yet.
    const { kinds } = await client.fleet.accuracy();
    await page.goto('/accuracy');
    await page.getByText(/self-audits were judged/).waitFor();
    for (const { kind } of kinds.slice(0, 3)) await page.getByRole('cell', { name: kind, exact: true }).waitFor();
    expect(await page.locator('.chart circle').count()).toBeGreaterThan(0);
    await page.getByRole('button', { name: '7 days' }).click();
    expect(page.url()).toContain('days=7');
    await page.getByRole('heading', { name: 'Latest self-audits' }).waitFor();
  });

  it('show texts of strangers as text', () =>
    withPage(browser, system.url, async ({ page: other }) => {
      await client.fleet.apply({ address: '1.0.3.10', hosting: 'own', reason: 'testing' });
      await client.fleet.addOptOut('1.0.222.0/24', 'a request');
      await client.accounts.invite({ name: 'Somebody', email: 'somebody@revtr.example', role: 'user' });
      await logIn(other, system);
      await other.route('**/api/v2/**', async (route) => {
        const answer = await (await route.fetch()).json();
        const isOwn = route.request().url().endsWith('/account');
        await route.fulfill({ json: isOwn ? answer : withHostileText(answer, STRANGERS) });
      });
      const places = ['applications', 'users', 'agents', 'opt-outs', 'mails', 'datasets', 'audit?of=events'];
      for (const path of [...places.map((place) => `/operate/${place}`), '/account', '/accuracy', '/sources']) {
        await other.goto(path);
        await expect.poll(() => other.getByText(HOSTILE_SHOWN).count(), { message: path }).toBeGreaterThan(0);
        const markup = 'img[src="x"], main script, main svg[onload], a[href^="javascript"]';
        expect(await other.locator(markup).count(), path).toBe(0);
      }
    }));

  it('can be used with the keyboard alone', async () => {
    await page.goto('/operate/kill-switches');
    await page.getByLabel('Which').waitFor();
    const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent.trim()');
    const tabTo = async (text: string): Promise<void> => {
      for (let i = 0; i < 60 && (await focused()) !== text; i++) await page.keyboard.press('Tab');
      expect(await focused()).toBe(text);
    };
    await tabTo('Datasets');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    // The list of what can be stopped: "probes to a target" is followed by "a source".
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.type(system.spareHost);
    await page.keyboard.press('Tab');
    await page.keyboard.type('with keys');
    await page.keyboard.press('Enter');
    await page.getByText('with keys').waitFor();
    await tabTo('Allow again');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing is stopped.').waitFor();
  });

  it.each(PATHS)('%s fits every width and is accessible', async (path) => {
    await page.goto(path.replace('HOST', system.source));
    await page.locator('h1').waitFor();
    await page.waitForLoadState('networkidle');
    for (const [width, colorScheme] of LOOKS) {
      await expectFit(page, width);
      await expectAccessible(page, width, colorScheme);
    }
    expect(watched.faults).toEqual([]);
  });

  it('are for operators alone', () =>
    withPage(browser, system.url, async ({ page: other }) => {
      for (const section of ['', '/users', '/mails', '/audit']) {
        await other.goto(`/operate${section}`);
        await other.getByText('Only operators can use this page.').waitFor();
        expect(await other.locator('main form, main table').count()).toBe(0);
      }
    }));
});
