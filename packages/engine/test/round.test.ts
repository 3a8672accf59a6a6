import { type Clock, type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { runRound } from '../src/timing/round.ts';
import { JumpingClock } from './support/jumping-clock.ts';
import { ip } from './support/measurement.ts';

/** Answers each sender after its time; `undefined`: never; 'refused': does not send. */
const proberWith = (clock: Clock, times: ReadonlyMap<number, number | undefined | 'refused'>): Prober => ({
  ping: async (request, signal): Promise<PingResult> => {
    const time = times.get(request.sender);
    if (time === 'refused') throw new ProbingError('unknownSender', 'not there');
    await clock.sleep(time ?? request.timeoutMs ?? 10_000, signal);
    if (time === undefined) return { type: 'ping', request, sentAt: 0 };
    return {
      type: 'ping',
      request,
      sentAt: 0,
      reply: { from: request.target, icmpType: 0, icmpCode: 0, rttMs: time, ttl: 9 },
    };
  },
  traceroute: () => Promise.reject(new Error('none is needed')),
});
const requests = [2, 3, 4].map(
  (last): PingRequest => ({ type: 'ping', sender: ip(last), target: ip(9), timeoutMs: 10_000 }),
);
const run = (times: readonly (number | undefined | 'refused')[], deadlineMs: number, graceMs?: number) => {
  const clock = new JumpingClock();
  const prober = proberWith(clock, new Map(times.map((time, i) => [ip(2 + i), time])));
  const deadline = ({ firstUsefulMs }: { firstUsefulMs: number | undefined }): number =>
    graceMs === undefined || firstUsefulMs === undefined ? deadlineMs : Math.min(deadlineMs, firstUsefulMs + graceMs);
  return clock
    .drive(runRound({ requests, deadline }, { prober, clock }))
    .then(({ answers }) => ({ senders: answers.map(({ request }) => request.sender), endedAt: clock.now() }));
};

describe('a round of probes', () => {
  it('ends with its last answer when all probes are answered', async () => {
    expect(await run([30, 10, 20], 1_000)).toEqual({ senders: [ip(3), ip(4), ip(2)], endedAt: 30 });
  });

  it('ends at its deadline when an answer is missing', async () => {
    expect(await run([30, undefined, 20], 500)).toEqual({ senders: [ip(4), ip(2)], endedAt: 500 });
  });

  it('ends earlier when an answer brings the deadline nearer', async () => {
    expect(await run([30, undefined, 90], 500, 40)).toEqual({ senders: [ip(2)], endedAt: 70 });
  });

  it('leaves out probes that are refused', async () => {
    expect(await run([30, 'refused', 20], 500)).toEqual({ senders: [ip(4), ip(2)], endedAt: 30 });
  });

  it('tells unanswered pings from refused ones', async () => {
    const clock = new JumpingClock();
    const prober = proberWith(clock, new Map([[ip(2), 'refused'] as const, [ip(3), undefined] as const]));
    const { answers, silent } = await clock.drive(runRound({ requests, deadline: () => 500 }, { prober, clock }));
    expect(answers).toEqual([]);
    expect(silent.map(({ sender }) => sender)).toEqual([ip(3), ip(4)]);
  });

  it('is cancelled by its signal', async () => {
    const clock = new JumpingClock();
    const abort = new AbortController();
    const prober = proberWith(clock, new Map());
    const round = runRound({ requests, deadline: () => 500 }, { prober, clock, signal: abort.signal });
    abort.abort();
    await expect(clock.drive(round)).rejects.toMatchObject({ code: 'cancelled' });
  });
});
