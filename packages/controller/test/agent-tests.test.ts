import { setImmediate } from 'node:timers/promises';
import { parseIpv4 } from '@revtr/net';
import { cancelled, type Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { testAgent } from '../src/agents/agent-tests.ts';

describe('the tests of an agent', () => {
  it('leave no rejected probe behind when they are cancelled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const prober: Prober = { ping: () => Promise.reject(cancelled()), traceroute: () => Promise.reject(cancelled()) };
    const [address, ...partners] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseIpv4);
    const plan = { address, kind: 'source', senderOnly: false, partners, targets: partners } as const;
    await expect(testAgent(plan, { prober, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    await setImmediate();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
