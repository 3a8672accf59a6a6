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

/** The rules of axe whose result depends on colours. */
const RULES_OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** The serious and critical findings of axe on a page, by all rules or only by some. */
export async function accessibilityFaults(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Evaluated by the debugger, which the content security policy of the page does not restrict.
  await page.evaluate(`if (!('axe' in window)) { ${axe.source} }`);
  const { violations } = resultsSchema.parse(
    await page.evaluate(`window.axe.run(document, ${JSON.stringify({ resultTypes: ['violations'], runOnly: rules })})`),
  );
  return violations
    .filter(({ impact }) => GRAVE.has(impact ?? ''))
    .map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
    );
}

/** Widths of windows of phones, laptops and large screens, pixels. */
const WIDTHS = [390, 1280, 1920];

/**
 * Expects that nothing of a page is wider than the window on a phone, a laptop and a large screen, and that it is accessible. All rules are checked in
 * the two layouts, and those of colours with the dark colours too: these differ from the light ones in nothing else.
 */
export async function expectFitAndAccessible(page: Page): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow), `${width} px`).toBeLessThanOrEqual(0);
  }
  await expectAccessible(page, 390, 'light');
  await expectAccessible(page, 1280, 'light');
  await expectAccessible(page, 1280, 'dark', RULES_OF_COLOURS);
}

async function expectAccessible(
  page: Page,
  width: number,
  colorScheme: 'light' | 'dark',
  rules?: readonly string[],
): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  expect(await accessibilityFaults(page, rules), `${width} px, ${colorScheme}`).toEqual([]);
}
