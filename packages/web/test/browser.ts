import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';

/** Whether the Chromium of Debian is installed. */
export const hasBrowser = existsSync(CHROMIUM);

/** Starts a headless browser. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });

/** A page, and what went wrong while it was open. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Exceptions, refused content, and requests to other hosts. */
  readonly faults: readonly string[];
}

/** Opens a tab of a new visitor whose faults are collected. */
export async function openPage(
  browser: Browser,
  baseURL: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(`exception: ${message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    const text = message.text();
    // Browsers log every answer with an error status; the pages ask whether there is a session.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) faults.push(`console: ${text}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(baseURL)) faults.push(`request to another host: ${request.url()}`);
  });
  return { page, context, faults };
}

/** Runs `run` with a tab of a new visitor, expects that nothing went wrong in it, and closes it. */
export async function withPage(
  browser: Browser,
  baseURL: string,
  run: (watched: WatchedPage) => Promise<void>,
  options?: Parameters<typeof openPage>[2],
): Promise<void> {
  const watched = await openPage(browser, baseURL, options);
  try {
    await run(watched);
    expect(watched.faults).toEqual([]);
  } finally {
    await watched.context.close();
  }
}
