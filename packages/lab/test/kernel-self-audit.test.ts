import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { canRunKernelLab, startTestSystem, type TestSystem } from './kernel.ts';

/** The most that the settings allow: one in nine seconds. */
const SELF_AUDITS_PER_DAY = 10_000;

describe.skipIf(!canRunKernelLab())('self-audits among Linux routers', () => {
  let system: TestSystem;
  beforeAll(async () => {
    system = await startTestSystem(undefined, { selfAuditsPerDay: SELF_AUDITS_PER_DAY });
  });
  afterAll(() => system?.stop());

  it('find the reverse path of each vantage point right, without its own traceroute', async () => {
    const { fleet } = system.operator;
    await vi.waitFor(async () => expect(new Set((await fleet.selfAudits()).map(({ host }) => host)).size).toBe(3), {
      timeout: 100_000,
      interval: 1_000,
    });
    for (const audit of await fleet.selfAudits()) {
      expect(audit).toMatchObject({ outcome: 'judged', reached: true, source: system.source, detail: '' });
      expect(audit.hops.filter(({ verdict }) => verdict === 'wrong')).toEqual([]);
      expect(audit.hops.filter(({ verdict }) => verdict === 'right').length).toBeGreaterThan(0);
    }
    const { hops, audits } = await fleet.accuracy();
    expect(audits.judged).toBeGreaterThanOrEqual(3);
    expect(hops).toMatchObject({ count: hops.total });
  });
});
