import { type Clock, type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { runConfirmedRound } from '../src/timing/confirmed-round.ts';
import { Outages } from '../src/timing/outages.ts';
import { runRound } from '../src/timing/round.ts';
import { SharedPings } from '../src/timing/shared-pings.ts';
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

  it('reports the answers that come after its end, and the pings without an answer at their own timeout', async () => {
    const clock = new JumpingClock();
    const prober = new SharedPings(proberWith(clock, new Map([[ip(2), 10] as const, [ip(3), 3_000] as const])));
    const late: unknown[] = [];
    const round = {
      requests,
      deadline: () => 500,
      onLateAnswer: ({ request }: PingResult, waitedMs: number) => late.push([request.sender, waitedMs]),
      onSilence: ({ sender }: PingRequest) => late.push([sender, 'silent']),
    };
    const { answers, silent } = await clock.drive(runRound(round, { prober, clock }));
    expect([answers.length, silent.length, clock.now()]).toEqual([1, 2, 500]);
    expect(late).toEqual([]);
    await clock.drive(clock.sleep(20_000));
    expect(late).toEqual([
      [ip(3), 3_000],
      [ip(4), 'silent'],
    ]);
  });

  it('does not listen for late answers when its measurement is cancelled, nor to pings that have not left', async () => {
    for (const isCancelled of [true, false]) {
      const clock = new JumpingClock();
      const abort = new AbortController();
      const late: unknown[] = [];
      let isOpen = true;
      const prober = new SharedPings({
        ping: async (request, signal, hooks): Promise<PingResult> => {
          if (!isCancelled) hooks?.onHeld?.(1_000);
          signal?.addEventListener('abort', () => {
            isOpen = false;
          });
          await clock.sleep(5_000, signal);
          return { type: 'ping', request, sentAt: 0 };
        },
        traceroute: () => Promise.reject(new Error('none is needed')),
      });
      const round = {
        requests: requests.slice(0, 1),
        deadline: () => (isCancelled ? 500 : -900),
        onSilence: () => late.push('silent'),
      };
      const running = runRound(round, { prober, clock, signal: abort.signal });
      if (isCancelled) abort.abort();
      await clock.drive(running.catch(() => undefined));
      await clock.drive(clock.sleep(10_000));
      expect([isOpen, late]).toEqual([false, []]);
    }
  });

  it('waits for the answers of probes that are held back from when they leave, unless it has a useful answer', async () => {
    for (const onAnswer of [undefined, () => false, () => true]) {
      const clock = new JumpingClock();
      const prober: Prober = {
        ping: async (request, signal, hooks): Promise<PingResult> => {
          const holdMs = request.sender === ip(2) ? 5_000 : 0;
          if (holdMs > 0) hooks?.onHeld?.(holdMs);
          await clock.sleep(holdMs + 100, signal);
          const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 100, ttl: 9 };
          return { type: 'ping', request, sentAt: 0, reply };
        },
        traceroute: () => Promise.reject(new Error('none is needed')),
      };
      const deadline = () => 500;
      const round = { requests, deadline, ...(onAnswer && { onAnswer }) };
      const { answers, silent } = await clock.drive(runRound(round, { prober, clock }));
      expect([answers.length, clock.now()]).toEqual(onAnswer?.() === true ? [2, 500] : [3, 5_100]);
      // The ping that had not left yet when the round ended is no silence.
      expect(silent).toEqual([]);
    }
  });

  it('waits for answers from when the host that sends a probe has it, and for the way through the system in addition', async () => {
    for (const [rttMs, answered] of [
      [400, 3],
      [800, 2],
    ] as const) {
      const clock = new JumpingClock();
      const waits: number[] = [];
      const prober: Prober = {
        ping: async (request, signal, hooks): Promise<PingResult> => {
          const isQueued = request.sender === ip(2);
          // The host has the probe after 2,000 ms. Its way there and back takes 200 ms.
          if (isQueued) hooks?.onQueued?.(clock.sleep(2_000).then(() => 200));
          await clock.sleep(isQueued ? 2_000 + 200 + rttMs : 100, signal);
          const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs, ttl: 9 };
          return { type: 'ping', request, sentAt: 0, reply };
        },
        traceroute: () => Promise.reject(new Error('none is needed')),
      };
      const onAnswer = (_: PingResult, waitedMs: number): boolean => {
        waits.push(waitedMs);
        return false;
      };
      const round = { requests, deadline: () => 500, onAnswer };
      const { answers, silent } = await clock.drive(runRound(round, { prober, clock }));
      expect([answers.length, silent.length]).toEqual([answered, 3 - answered]);
      expect(waits).toEqual([100, 100, ...(answered === 3 ? [rttMs] : [])]);
      expect(clock.now()).toBe(answered === 3 ? 2_600 : 2_700);
    }
  });

  it('does not wait for a queued probe once it has a useful answer', async () => {
    const clock = new JumpingClock();
    const prober: Prober = {
      ping: async (request, signal, hooks): Promise<PingResult> => {
        if (request.sender === ip(2)) hooks?.onQueued?.(clock.sleep(60_000).then(() => 0));
        await clock.sleep(request.sender === ip(2) ? 60_000 : 100, signal);
        const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 100, ttl: 9 };
        return { type: 'ping', request, sentAt: 0, reply };
      },
      traceroute: () => Promise.reject(new Error('none is needed')),
    };
    const round = { requests, deadline: () => 500, onAnswer: () => true };
    const { answers } = await clock.drive(runRound(round, { prober, clock }));
    expect([answers.length, clock.now()]).toEqual([2, 500]);
  });

  it('does not wait for long for a host that does not send its probe, which is no silence', async () => {
    for (const isAnswered of [false, true]) {
      const clock = new JumpingClock();
      const open = new Set<number>();
      const late: number[] = [];
      const prober = new SharedPings({
        ping: async (request, signal, hooks): Promise<PingResult> => {
          open.add(request.sender);
          signal?.addEventListener('abort', () => open.delete(request.sender));
          if (request.sender === ip(2)) hooks?.onQueued?.(clock.sleep(600_000).then(() => 0));
          await clock.sleep(request.sender === ip(2) ? 600_000 : 100, signal);
          open.delete(request.sender);
          const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 100, ttl: 9 };
          return { type: 'ping', request, sentAt: 0, reply };
        },
        traceroute: () => Promise.reject(new Error('none is needed')),
      });
      const onSilence = ({ sender }: PingRequest) => late.push(sender);
      const round = { requests, deadline: () => 500, onAnswer: () => isAnswered, onSilence };
      const { answers, silent, unsent } = await clock.drive(runRound(round, { prober, clock }));
      expect([answers.length, silent, unsent.map(({ sender }) => sender)]).toEqual([2, [], [ip(2)]]);
      expect(clock.now()).toBeLessThan(10_000);
      // An answer that comes soon after a useful one may still teach something.
      expect([...open]).toEqual(isAnswered ? [ip(2)] : []);
      await clock.drive(clock.sleep(700_000));
      expect(late).toEqual([]);
    }
  });

  it('fails with what held its probes back only when none was sent', async () => {
    const budget = { kind: 'as', subject: 'AS5', packets: 'all', per: 'day', limit: 1, retryAt: 9 } as const;
    for (const [held, outcome] of [
      [[2, 3, 4], 'budgetExhausted'],
      [[2, 3], 'answers'],
    ] as const) {
      const clock = new JumpingClock();
      const answering = proberWith(clock, new Map([[ip(4), 10]]));
      const reported: number[] = [];
      const prober: Prober = {
        ...answering,
        ping: (request, signal) =>
          held.some((last) => ip(last) === request.sender)
            ? Promise.reject(new ProbingError('budgetExhausted', 'no more', budget))
            : answering.ping(request, signal),
      };
      const onRefused = ({ sender }: PingRequest) => reported.push(sender);
      const round = runRound({ requests, deadline: () => 500, onRefused }, { prober, clock });
      const ended = clock.drive(round).then(
        () => 'answers',
        (error: ProbingError) => error.code,
      );
      expect(await ended).toBe(outcome);
      expect(reported).toEqual(held.map(ip));
    }
  });
});

describe('a confirmed round', () => {
  it('keeps its answers when a budget holds back the pings that it repeats after an outage of the source', async () => {
    const budget = { kind: 'as', subject: 'AS5', packets: 'all', per: 'day', limit: 1, retryAt: 9 } as const;
    const clock = new JumpingClock();
    const answering = proberWith(clock, new Map([[ip(2), 10]]));
    const source = ip(1);
    let pings = 0;
    const prober: Prober = {
      ...answering,
      ping: (request, signal) =>
        ++pings > requests.length
          ? Promise.reject(new ProbingError('budgetExhausted', 'no more', budget))
          : answering.ping(request, signal),
    };
    const hosts = { offlineSince: async () => new Set([source]), untilOnline: async () => true };
    const outages = new Outages({ mostWaitMs: 60_000 }, { hosts, clock });
    const spoof = { claimedSource: source, receiver: source };
    const spoofed = requests.map((request) => ({ ...request, spoof }));
    const round = { source, requests: spoofed, deadline: () => 500 };
    const { answers, silent } = await clock.drive(runConfirmedRound(round, { prober, clock, outages }));
    expect([answers.map(({ request }) => request.sender), silent, pings]).toEqual([[ip(2)], [], 5]);
  });
});
