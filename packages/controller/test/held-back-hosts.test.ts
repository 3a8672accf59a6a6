import { type PingResult, type Prober, ProbingError } from '@revtr/probing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { DEFAULT_OUTAGE_DETECTION, OutageDetector } from '../src/measuring/outages/outage-detector.ts';
import { ReferenceTargets } from '../src/measuring/outages/reference-targets.ts';
import { ManualClock } from './manual-clock.ts';

const HOST = 1;
const REFERENCES = [2, 3];

function detectorWith(ping: Prober['ping']) {
  const references = new ReferenceTargets({
    candidates: () => REFERENCES,
    isReference: (address) => REFERENCES.includes(address),
    isCandidate: (_, address) => REFERENCES.includes(address),
  });
  for (const target of REFERENCES) references.noteAnswer(HOST, target);
  const clock = new ManualClock();
  const detector = new OutageDetector(DEFAULT_OUTAGE_DETECTION, {
    prober: { ping, traceroute: () => Promise.reject(new Error('not used')) },
    references,
    canMeasure: () => true,
    participates: () => true,
    onChange: () => undefined,
    clock,
    log: pino({ level: 'silent' }),
  });
  return { detector, clock };
}

describe('the outage detector, with pings that are held back', () => {
  it('tells the caller of a ping how long the ping is held back', async () => {
    const { detector } = detectorWith(async (request, _signal, hooks): Promise<PingResult> => {
      hooks?.onHeld?.(700);
      return { type: 'ping', request, sentAt: 0 };
    });
    const held: number[] = [];
    const onHeld = (holdMs: number) => held.push(holdMs);
    const ping = detector.ping({ type: 'ping', sender: HOST, target: 9, timeoutMs: 1_000 }, undefined, { onHeld });
    expect(held).toEqual([700]);
    await ping;
  });

  it.each(['silent', 'held back'])('judges a host whose pings to reference targets are %s', async (outcome) => {
    const budget = {
      kind: 'vantagePoint',
      subject: '0.0.0.1',
      packets: 'all',
      per: 'day',
      limit: 1,
      retryAt: 9,
    } as const;
    const { detector, clock } = detectorWith(async (request): Promise<PingResult> => {
      if (outcome === 'held back') throw new ProbingError('budgetExhausted', 'no more', budget);
      return { type: 'ping', request, sentAt: clock.now() };
    });
    // A host counts as online when it is first examined.
    expect([...(await detector.offlineSince([HOST], clock.now()))]).toEqual([]);
    await clock.advance(1_000);
    const offline = detector.offlineSince([HOST], clock.now());
    await clock.advance(10_000);
    expect([...(await offline)]).toEqual(outcome === 'silent' ? [HOST] : []);
  });
});
