import { AliasSets, IngressRanking, PrefixOrigins } from '@revtr/engine';
import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { type PingRequest, type PingResult, type Prober, ProbingError, systemClock } from '@revtr/probing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { BackgroundSurvey } from '../src/survey/background-survey.ts';

const log = pino({ level: 'fatal' });
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('6.0.0.0/8'), asn: 6 }]);
const vantagePoints = [1, 2, 3].map((last) => parseIpv4(`5.0.0.${last}`));
const targets = Array.from({ length: 20 }, (_, i) => parseIpv4(`6.0.${i}.1`));
const newRanking = (): IngressRanking => new IngressRanking({ vantagePoints }, { ipToAs, clock: systemClock });

/** Every target stamps at a distance that is the sender's number. */
class Answering implements Prober {
  readonly sent: PingRequest[] = [];

  async ping(request: PingRequest): Promise<PingResult> {
    this.sent.push(request);
    if (request.target === targets[0]) throw new ProbingError('unknownSender', 'the agent has just gone');
    const before = Array.from({ length: (request.sender & 0xff) - 1 }, (_, i) => parseIpv4(`9.0.0.${i + 1}`));
    const recordRoute = [...before, request.target];
    return {
      type: 'ping',
      request,
      sentAt: 1,
      reply: { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute },
    };
  }

  async traceroute(): Promise<never> {
    throw new Error('none is needed');
  }
}

describe('the background survey', () => {
  let canRecord = true;
  const survey = (
    prober: Prober,
    ranking: IngressRanking,
    probesPerHour: number,
    mayProbe = (_: Ipv4Address) => true,
  ) =>
    new BackgroundSurvey(
      { probesPerHour, pollMs: 3_600, seed: 1 },
      {
        prober,
        ranking,
        facts: { aliases: new AliasSets(), ipToAs, useHeuristics: true },
        targets: () => targets,
        vantagePoints: () => vantagePoints,
        mayProbe,
        canRecord: () => canRecord,
        clock: systemClock,
        log,
      },
    );

  it('asks every target from every vantage point, once a round, no faster than it may, and teaches the ranking', async () => {
    const [prober, ranking] = [new Answering(), newRanking()];
    const steps = survey(prober, ranking, 5_000);
    const pairs = targets.length * vantagePoints.length;
    for (let sent = 0; sent < pairs; sent += 5) expect(await steps.step()).toBe(5);
    const asked = new Set(prober.sent.map(({ sender, target }) => `${sender} ${target}`));
    expect([prober.sent.length, asked.size]).toEqual([pairs, pairs]);
    expect(prober.sent.every(({ spoof }) => spoof === undefined)).toBe(true);
    expect(ranking.rank(targets[5]).map(({ address, distance }) => [address, distance])).toEqual(
      vantagePoints.map((address, i) => [address, i + 1]),
    );
    await steps.step();
    expect(prober.sent.length).toBe(pairs + 5);
  });

  it('leaves out nothing while probes cannot be recorded', async () => {
    const prober = new Answering();
    const steps = survey(prober, newRanking(), 5_000);
    canRecord = false;
    expect([await steps.step(), await steps.step()]).toEqual([0, 0]);
    canRecord = true;
    const pairs = targets.length * vantagePoints.length;
    for (let sent = 0; sent < pairs; sent += 5) expect(await steps.step()).toBe(5);
    expect(new Set(prober.sent.map(({ sender, target }) => `${sender} ${target}`)).size).toBe(pairs);
  });

  it('sends the probes again that could not be recorded when it had begun a step', async () => {
    const prober = new Answering();
    let left = 7;
    const failing: Prober = {
      ping: async (request) => {
        if (left-- > 0) return prober.ping(request);
        canRecord = false;
        throw new ProbingError('auditUnavailable', 'the disk is full');
      },
      traceroute: () => prober.traceroute(),
    };
    const pairs = targets.length * vantagePoints.length;
    const steps = survey(failing, newRanking(), 5_000);
    await steps.step();
    await steps.step();
    expect([await steps.step(), prober.sent.length]).toEqual([0, 7]);
    left = pairs;
    canRecord = true;
    for (let sent = 7; sent < pairs; sent += 5) await steps.step();
    expect(new Set(prober.sent.map(({ sender, target }) => `${sender} ${target}`)).size).toBe(pairs);
  });

  it('does not visit one target after the other', async () => {
    const prober = new Answering();
    await survey(prober, newRanking(), 30_000).step();
    const neighbours = prober.sent.filter(({ target }, i) => target === prober.sent[i + 1]?.target);
    expect(neighbours.length).toBeLessThan(10);
  });

  it('saves what is left over of a slow pace, and leaves alone who must not be probed', async () => {
    const prober = new Answering();
    const slow = survey(prober, newRanking(), 400);
    const sent = [await slow.step(), await slow.step(), await slow.step(), await slow.step(), await slow.step()];
    expect(sent.reduce((sum, count) => sum + count)).toBe(2);
    expect(await survey(prober, newRanking(), 5_000, () => false).step()).toBe(0);
  });
});
