import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { z } from 'zod';

const GRAVE = new Set(['serious', 'critical']);
const resultsSchema = z.object({
  violations: z.array(
    z.object({
      id: z.string(),
      impact: z.string().nullable(),
      nodes: z.array(z.object({ html: z.string(), failureSummary: z.string().optional() })),
    }),
  ),
});

/** The serious and critical findings of axe on a page. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the content security policy of the page does not restrict.
  await page.evaluate(`if (!('axe' in window)) { ${axe.source} }`);
  const { violations } = resultsSchema.parse(
    await page.evaluate('window.axe.run(document, { resultTypes: ["violations"] })'),
  );
  return violations
    .filter(({ impact }) => GRAVE.has(impact ?? ''))
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    );
}

/** Expects that nothing of a page is wider than a window of some width, pixels. */
export async function expectFit(page: Page, width: number): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(overflow), `${width} px`).toBeLessThanOrEqual(0);
}

/** Expects that a page is accessible in a window of some width, pixels, with light or dark colours. */
export async function expectAccessible(page: Page, width: number, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  expect(await accessibilityFaults(page), `${width} px, ${colorScheme}`).toEqual([]);
}
