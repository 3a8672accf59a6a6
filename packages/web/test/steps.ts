import type { Page } from 'playwright-core';
import type { DemoSystem } from './system.ts';

/** Begins a session with the key of the system. */
export async function logIn(page: Page, { key }: Pick<DemoSystem, 'key'>): Promise<void> {
  await page.goto('/log-in');
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL('/');
}

/** Asks, on the first page, for the path from a destination back to the source of the system. */
export async function measure(page: Page, { source }: DemoSystem, destination: string): Promise<void> {
  await page.getByLabel('From').fill(destination);
  await page.getByLabel('back to').selectOption(source);
  await page.getByRole('button', { name: 'Measure', exact: true }).click();
}
