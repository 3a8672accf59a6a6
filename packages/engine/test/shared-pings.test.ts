import { parseIpv4 } from '@revtr/net';
import { type PingRequest, type PingResult, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { SharedPings } from '../src/index.ts';

const request: PingRequest = {
  type: 'ping',
  sender: parseIpv4('1.1.1.1'),
  target: parseIpv4('2.2.2.2'),
  timeoutMs: 1_000,
};

/** A prober whose pings end when told to. */
class Waiting implements Prober {
  readonly sent: { request: PingRequest; answer: (result: PingResult) => void; fail: (error: Error) => void }[] = [];

  ping(asked: PingRequest, signal?: AbortSignal): Promise<PingResult> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new ProbingError('cancelled', 'cancelled')));
      this.sent.push({ request: asked, answer: resolve, fail: reject });
    });
  }

  traceroute(): Promise<never> {
    return Promise.reject(new Error('not here'));
  }
}
const result: PingResult = { type: 'ping', request, sentAt: 1 };
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof ProbingError ? error.code : String(error)),
  );

describe('SharedPings', () => {
  it('sends equal pings once and gives the answer to every caller', async () => {
    const prober = new Waiting();
    const shared = new SharedPings(prober);
    expect(shared.fresh([request, { ...request, ttl: 3 }])).toBe(2);
    const both = Promise.all([shared.ping(request), shared.ping({ ...request })]);
    expect(shared.fresh([request, { ...request, ttl: 3 }])).toBe(1);
    expect(prober.sent).toHaveLength(1);
    prober.sent[0].answer(result);
    expect(await both).toEqual([result, result]);
    expect(shared.fresh([request])).toBe(1);
  });

  it('tells every caller that the ping waits for its host, those that come later as well', async () => {
    const told: string[] = [];
    const left = Promise.withResolvers<number>();
    const asked: NonNullable<Parameters<Prober['ping']>[2]>[] = [];
    const shared = new SharedPings({
      ping: (_request, _signal, hooks) => {
        asked.push(hooks ?? {});
        return new Promise(() => undefined);
      },
      traceroute: () => Promise.reject(new Error('not here')),
    });
    const follow = (name: string) => (queued: Promise<number>) =>
      void queued.then((wayMs) => told.push(`${name} ${wayMs}`));
    void shared.ping(request, undefined, { onQueued: follow('first') });
    void shared.ping(request, undefined, { onQueued: follow('second') });
    asked[0].onQueued?.(left.promise);
    void shared.ping(request, undefined, { onQueued: follow('third') });
    left.resolve(30);
    await left.promise;
    expect([asked.length, told]).toEqual([1, ['first 30', 'second 30', 'third 30']]);
  });

  it('sends pings separately when any field of the packet differs', () => {
    const shared = new SharedPings(new Waiting());
    void shared.ping(request).catch(() => undefined);
    const spoof = { claimedSource: parseIpv4('3.3.3.3'), receiver: parseIpv4('3.3.3.3') };
    const others: PingRequest[] = [
      { ...request, sender: 5 },
      { ...request, target: 5 },
      { ...request, spoof },
      { ...request, option: { type: 'recordRoute', slots: 9 } },
      { ...request, option: { type: 'timestamp', form: 'prespecified', slots: [1, 2] } },
    ];
    expect(shared.fresh(others)).toBe(others.length);
  });

  it('keeps a ping alive while one caller waits, and cancels it when all have cancelled', async () => {
    const prober = new Waiting();
    const shared = new SharedPings(prober);
    const [first, second] = [new AbortController(), new AbortController()];
    const one = codeOf(shared.ping(request, first.signal));
    const two = codeOf(shared.ping(request, second.signal));
    first.abort();
    expect(await one).toBe('cancelled');
    expect(shared.fresh([request])).toBe(0);
    prober.sent[0].answer(result);
    expect(await two).toBe('answered');
    const last = codeOf(shared.ping(request, second.signal));
    second.abort();
    expect(await last).toBe('cancelled');
    expect(shared.fresh([request])).toBe(1);
    expect(await codeOf(shared.ping(request, second.signal))).toBe('cancelled');
  });

  it('keeps a ping open for its late listener, and sends an equal ping again meanwhile', async () => {
    const prober = new Waiting();
    const shared = new SharedPings(prober);
    const [first, second] = [new AbortController(), new AbortController()];
    const late: PingResult[] = [];
    const lateListener = () => (answer: PingResult) => void late.push(answer);
    const one = codeOf(shared.ping(request, first.signal, { lateListener }));
    first.abort();
    expect(await one).toBe('cancelled');
    expect([shared.fresh([request]), shared.loadOf(request.sender)]).toEqual([1, 0]);
    const again = codeOf(shared.ping(request, second.signal, { lateListener: () => undefined }));
    expect(prober.sent).toHaveLength(2);
    prober.sent[0].answer(result);
    second.abort();
    expect(await again).toBe('cancelled');
    expect(late).toEqual([result]);
  });

  it('passes a failure to every caller', async () => {
    const prober = new Waiting();
    const shared = new SharedPings(prober);
    const both = [codeOf(shared.ping(request)), codeOf(shared.ping(request))];
    prober.sent[0].fail(new ProbingError('unknownSender', 'no'));
    expect(await Promise.all(both)).toEqual(['unknownSender', 'unknownSender']);
  });
});
