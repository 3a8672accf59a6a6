import type { PingRequest, PingResult } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { DistanceRanking, type Measurement, PrefixOrigins } from '../src/index.ts';
import { askDirectly } from '../src/techniques/record-route/direct-round.ts';
import { askFromNearest } from '../src/techniques/record-route/nearest-sender.ts';
import { nextHopsToReceivers } from '../src/techniques/record-route/other-receivers.ts';
import { readAnswer } from '../src/techniques/record-route/record-route-answer.ts';
import { JumpingClock } from './support/jumping-clock.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber } from './support/measurement.ts';

/** What a round has added to the statistics of a measurement in which no ping is answered. */
async function statsAfter(work: (measurement: Measurement) => Promise<unknown>, vantagePoints = [ip(2)]) {
  const clock = new JumpingClock();
  class SilentProber extends ScriptedProber {
    override async ping(request: PingRequest): Promise<PingResult> {
      await clock.sleep(request.timeoutMs ?? 1_000);
      return super.ping(request);
    }
  }
  const ipToAs = new PrefixOrigins([]);
  const ranking = new DistanceRanking({ vantagePoints }, { ipToAs });
  for (const sender of vantagePoints) ranking.observe(sender, DESTINATION, 3);
  const measurement = measurementWith(new SilentProber(() => undefined), { clock, ranking, ipToAs });
  await clock.drive(work(measurement));
  return measurement.stats;
}

describe('the time of a round counts in the statistics, whatever asks for it', () => {
  it('is that of a direct round', async () => {
    const round = { target: DESTINATION, deadline: () => 700, useHeuristics: true, timeoutMs: 3_000 };
    expect(await statsAfter((measurement) => askDirectly(measurement, round))).toMatchObject({
      recordRoutePings: 1,
      recordRouteRounds: 1,
      recordRouteMs: 700,
    });
  });

  it('is that of a check of a known path by a vantage point', async () => {
    const stats = await statsAfter((measurement) => askFromNearest(measurement, DESTINATION));
    expect(stats).toMatchObject({ spoofedRecordRoutePings: 1, spoofedRecordRouteRounds: 1 });
    expect(stats.spoofedRecordRouteMs).toBeGreaterThan(0);
  });

  it('is that of pings which vantage points send from their own addresses', async () => {
    const stats = await statsAfter((measurement) => nextHopsToReceivers(measurement, DESTINATION, 2_000));
    expect(stats).toMatchObject({ recordRoutePings: 1, recordRouteRounds: 1 });
    expect(stats.recordRouteMs).toBeGreaterThan(0);
  });
});

describe('the time that an answer took', () => {
  it('is not learned when it came before its wait began', () => {
    const measurement = measurementWith(new ScriptedProber(() => undefined));
    const request = { type: 'ping', sender: ip(2), target: DESTINATION, timeoutMs: 1_000 } as const;
    const reply = { from: DESTINATION, icmpType: 0, icmpCode: 0, rttMs: 20, ttl: 60, recordRoute: [ip(50)] };
    const timeout = (): number => measurement.adaptiveTimeout.timeoutFor(ip(2), DESTINATION);
    const before = timeout();
    readAnswer(measurement, { type: 'ping', request, sentAt: 0, reply }, 0, true);
    expect(timeout()).toBe(before);
    readAnswer(measurement, { type: 'ping', request, sentAt: 0, reply }, 20, true);
    expect(timeout()).toBeLessThan(before);
  });
});
