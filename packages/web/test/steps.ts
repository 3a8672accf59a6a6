import type { ReverseTracerouteClient } from '@revtr/client';
import type { Browser, Page } from 'playwright-core';
import { withPage } from './browser.ts';
import type { DemoSystem } from './system.ts';

/** Begins a session with a key, that of the system for instance. */
export async function logIn(page: Page, { key }: Pick<DemoSystem, 'key'>): Promise<void> {
  await page.goto('/log-in');
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('/');
}

/** Runs `run` with a tab in which the key of the system has begun a session. */
export const withSession = (browser: Browser, system: DemoSystem, run: (page: Page) => Promise<void>): Promise<void> =>
  withPage(browser, system.url, async ({ page }) => {
    await logIn(page, system);
    await run(page);
  });

/** Asks, on the first page, for the path from a destination back to the source of the system. */
export async function measure(page: Page, { source }: DemoSystem, destination: string): Promise<void> {
  await page.getByLabel('From').fill(destination);
  await page.getByLabel('back to').selectOption(source);
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
}

/** The token of the newest link that was mailed to an address. */
export async function mailedToken({ fleet, accounts }: ReverseTracerouteClient, email: string): Promise<string> {
  const mail = (await fleet.mails()).find(({ recipient, hasLink }) => recipient === email && hasLink);
  return (await accounts.mailWithLink(mail?.id ?? 0)).token;
}

/** Opens the page of a mailed link, uses the link, and returns the API key that the page shows; the empty string without one. */
export async function useMailedLink(page: Page, token: string): Promise<string> {
  await page.goto('about:blank');
  await page.goto(`/confirm#${token}`);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByText(/is confirmed|is your API key|are logged in/).waitFor();
  return (await page.locator('#key').textContent()) ?? '';
}

/** Presses a button that asks to be pressed again. */
export async function pressTwice(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('button', { name: /^Press again/ }).click();
}
