import type { PingResult } from '@revtr/probing';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { DEFAULT_OUTAGE_DETECTION, OutageDetector } from '../../src/measuring/outages/outage-detector.ts';
import { ReferenceTargets } from '../../src/measuring/outages/reference-targets.ts';
import { ManualClock } from '../manual-clock.ts';

it('the outage detector tells the caller of a ping how long a budget holds the ping back', async () => {
  const prober = {
    ping: async (request, _signal, hooks): Promise<PingResult> => {
      hooks?.onHeld?.(700);
      return { type: 'ping', request, sentAt: 0 };
    },
    traceroute: () => Promise.reject(new Error('not used')),
  } satisfies ConstructorParameters<typeof OutageDetector>[1]['prober'];
  const detector = new OutageDetector(DEFAULT_OUTAGE_DETECTION, {
    prober,
    references: new ReferenceTargets({ candidates: () => [], isReference: () => false, isCandidate: () => false }),
    canMeasure: () => true,
    participates: () => true,
    onChange: () => undefined,
    clock: new ManualClock(),
    log: pino({ level: 'silent' }),
  });
  const held: number[] = [];
  const onHeld = (holdMs: number) => held.push(holdMs);
  const ping = detector.ping({ type: 'ping', sender: 1, target: 9, timeoutMs: 1_000 }, undefined, { onHeld });
  expect(held).toEqual([700]);
  await ping;
});
