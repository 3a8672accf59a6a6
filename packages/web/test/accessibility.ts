import axe from 'axe-core';
import type { Page } from 'playwright-core';
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
