import type { Page } from 'playwright-core';
import { z } from 'zod';

const metricsSchema = z.object({ metrics: z.array(z.object({ name: z.string(), value: z.number() })) });

/**
 * Runs `work`, and returns with its value the processor time that the main thread of the page used meanwhile, in milliseconds. Unlike the time
 * that passes, it does not depend on what else the machine does.
 */
export async function withProcessorTime<T>(
  page: Page,
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly processorMs: number }> {
  const session = await page.context().newCDPSession(page);
  // "Thread ticks" count the processor time of the thread (Chrome DevTools Protocol, domain Performance).
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const used = async (): Promise<number> => {
    const { metrics } = metricsSchema.parse(await session.send('Performance.getMetrics'));
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
  };
  const before = await used();
  const value = await work();
  const after = await used();
  await session.detach();
  // A navigation may start a new process, whose thread has used nothing before.
  return { value, processorMs: after < before ? after : after - before };
}
