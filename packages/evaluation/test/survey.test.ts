import { AliasSets, PrefixOrigins, type VantagePointRanking } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { PingRequest, PingResult, Prober } from '@revtr/probing';
import { VirtualClock } from '@revtr/sim';
import { describe, expect, it } from 'vitest';
import { runSurvey } from '../src/evaluate/world/survey.ts';

const SENDERS = Array.from({ length: 20 }, (_, i) => 1_000 + i);
const [ANSWERING, SECOND, SILENT, SILENT_TOO] = [10, 11, 20, 21];
const facts = { aliases: new AliasSets(), ipToAs: new PrefixOrigins([]), useHeuristics: true };
/** The first twelve hosts are in reach: the target stamps before the nine slots are used up. */
const isNear = (sender: Ipv4Address): boolean => sender < 1_012;

class ScriptedProber implements Prober {
  readonly asked: PingRequest[] = [];

  async ping(request: PingRequest): Promise<PingResult> {
    this.asked.push(request);
    const { sender, target } = request;
    if (target === SILENT || target === SILENT_TOO) return { type: 'ping', request, sentAt: 0 };
    const recordRoute = isNear(sender) ? [5, 6, target, 7] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const reply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 10, ttl: 60, recordRoute };
    return { type: 'ping', request, sentAt: 0, reply };
  }

  traceroute(): Promise<never> {
    return Promise.reject(new Error('a survey sends no traceroute'));
  }

  sendersTo(target: Ipv4Address): Ipv4Address[] {
    return this.asked.flatMap((request) => (request.target === target ? [request.sender] : [])).sort();
  }
}

async function survey(networks: readonly (readonly Ipv4Address[])[]) {
  const prober = new ScriptedProber();
  const clock = new VirtualClock({ startMs: 0 });
  const found = await clock.drive(runSurvey({ senders: SENDERS, networks }, { prober, clock, facts }));
  return { prober, found };
}

describe('the survey', () => {
  it('asks a target that answers from every host, and a second one only from the hosts in reach', async () => {
    const { prober } = await survey([[ANSWERING, SECOND]]);
    expect(prober.sendersTo(ANSWERING)).toEqual(SENDERS);
    expect(prober.sendersTo(SECOND)).toEqual(SENDERS.filter(isNear));
  });

  it('gives a network up when a few hosts get no answer from any of its targets', async () => {
    const { prober } = await survey([[SILENT, SILENT_TOO]]);
    expect([prober.sendersTo(SILENT).length, prober.sendersTo(SILENT_TOO).length]).toEqual([5, 5]);
  });

  it('takes the next target of a network whose first one is silent', async () => {
    const { prober } = await survey([[SILENT, ANSWERING]]);
    expect(prober.sendersTo(ANSWERING)).toEqual(SENDERS);
  });

  it('teaches a ranking what the hosts of one fleet found, and counts what they sent', async () => {
    const { found } = await survey([[ANSWERING], [SILENT]]);
    const observed: [Ipv4Address, Ipv4Address, number][] = [];
    const ranking: VantagePointRanking = {
      rank: () => [],
      expectedDistance: () => undefined,
      observe: (sender, target, distance) => void observed.push([sender, target, distance]),
      observeSilence: () => undefined,
      setVantagePoints: () => undefined,
      rankGlobally: () => undefined,
    };
    const senders = [1_003, 1_015];
    found.teach(ranking, { senders, facts, onProgress: () => undefined });
    expect(observed.sort()).toEqual([
      [1_003, ANSWERING, 3],
      [1_015, ANSWERING, 9],
    ]);
    expect(found.probesOf(SENDERS)).toBe(25);
    expect(found.probesOf(senders)).toBeGreaterThanOrEqual(2);
    expect(found.probesOf(senders)).toBeLessThanOrEqual(4);
  });
});
