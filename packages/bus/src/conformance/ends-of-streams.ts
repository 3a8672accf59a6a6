import { expect, it } from 'vitest';
import { codeOf, doubling, follow, letGo, news, type Processes, serve } from './processes.ts';

/** How the streams of every bus must end: when one side leaves or vanishes, and when something was lost. */
export function endsOfStreams({ environment, join }: Processes): void {
  it('ends the waits of both ends when a server stops or a client leaves', async () => {
    const [{ bus: a }, { bus: b }] = [await join(), await join()];
    const { waiting, cancelled, stop } = await serve(a, 5);
    const stream = b.open(doubling, 'a');
    const lost = codeOf(stream.request({ value: 1 }));
    await expect.poll(() => waiting.length).toBe(1);
    stop();
    expect(await lost).toBe('peerLost');
    expect(await codeOf(stream.request({ value: 2 }))).toBe('peerLost');
    const again = await serve(a, 5, 'b');
    const leaving = b.open(doubling, 'b');
    const closed = codeOf(leaving.request({ value: 3 }));
    await expect.poll(() => again.waiting.length).toBe(1);
    leaving.close();
    expect(await closed).toBe('closed');
    await expect.poll(() => again.cancelled).toEqual([3]);
    expect(cancelled).toEqual([1]);
  });

  it('ends the waits of both ends when one of them vanishes without a word', async () => {
    const [{ bus: a, transport }, { bus: b }] = [await join(), await join()];
    const { waiting, cancelled } = await serve(a, 5);
    const stream = b.open(doubling, 'a');
    const lost = codeOf(stream.request({ value: 1 }));
    await expect.poll(() => waiting.length).toBe(1);
    await transport.close();
    expect(await lost).toBe('peerLost');
    await expect.poll(() => cancelled).toEqual([1]);
  });

  it('ends streams after an interruption that is too short to take the other end for lost', async () => {
    const patient = { lostMs: 60_000 };
    const [{ bus: a }, { bus: b }] = [await join(patient), await join(patient)];
    const { waiting, cancelled } = await serve(a, 5);
    const stream = b.open(doubling, 'a');
    const lost = [1, 2].map((value) => codeOf(stream.request({ value })));
    await expect.poll(() => waiting.length).toBe(2);
    await environment().cut();
    await expect.poll(() => a.lostForMs).toBeGreaterThan(0);
    // The response to the first request finds no connection.
    waiting[0]();
    await environment().restore();
    expect(await Promise.all(lost)).toEqual(['peerLost', 'peerLost']);
    await expect.poll(() => cancelled).toContain(2);
  });

  it('ends the waits of both ends when a message is lost and nobody is told', async () => {
    const [{ bus: a, transport }, { bus: b }] = [await join({ lostMs: 60_000 }), await join({ lostMs: 60_000 })];
    const { waiting, cancelled } = await serve(a, 5);
    const stream = b.open(doubling, 'a');
    const lost = [1, 2].map((value) => codeOf(stream.request({ value })));
    await expect.poll(() => waiting.length).toBe(2);
    const publish = transport.publish.bind(transport);
    transport.publish = (subject, data) => String(data).includes('response') || publish(subject, data);
    waiting[0]();
    expect(await Promise.all(lost)).toEqual(['peerLost', 'peerLost']);
    await expect.poll(() => cancelled).toContain(2);
    transport.publish = publish;
    const again = b.open(doubling, 'a');
    for (const value of [3, 4, 5]) {
      waiting.splice(0);
      const answer = again.request({ value });
      await letGo(waiting, 1);
      expect(await answer).toEqual({ doubled: 2 * value });
    }
  });

  it('ends both ends of a stream when the message that it has ended is lost and nobody is told', async () => {
    const [{ bus: a, transport }, { bus: b }] = [await join({ lostMs: 60_000 }), await join({ lostMs: 60_000 })];
    const lose = (text: string): { restore(): void } => {
      const publish = transport.publish.bind(transport);
      transport.publish = (subject, data) => String(data).includes(text) || publish(subject, data);
      const restore = (): void => {
        transport.publish = publish;
      };
      return { restore };
    };
    const served = await serve(a, 5);
    await serve(a, 5, 'other');
    const lost = codeOf(b.ask(doubling, 'a', { value: 1 }));
    await expect.poll(() => served.waiting.length).toBe(1);
    const first = lose('"type":"end"');
    served.stop();
    await a.flush();
    first.restore();
    // The next message shows that one is missing.
    const next = codeOf(b.ask(doubling, 'other', { value: 1 }));
    expect(await Promise.all([lost, next])).toEqual(['peerLost', 'peerLost']);
    const atClient = await serve(b, 5, 'b');
    const [left, kept] = [a.open(doubling, 'b'), a.open(doubling, 'b')];
    const closed = [left, kept].map((each, value) => codeOf(each.request({ value })));
    await expect.poll(() => atClient.waiting.length).toBe(2);
    const second = lose('"type":"end"');
    left.close();
    await a.flush();
    second.restore();
    await expect.poll(() => atClient.cancelled.toSorted()).toEqual([0, 1]);
    expect(await Promise.all(closed)).toEqual(['closed', 'peerLost']);
  });

  it('frees the place of a stream whose acceptance is lost', async () => {
    const limited = { lostMs: 60_000, streams: { perPeer: 2, inAll: 2 } };
    const [{ bus: a, transport }, { bus: b }] = [await join(limited), await join({ lostMs: 60_000 })];
    const { waiting } = await serve(a, 5);
    const kept = codeOf(b.ask(doubling, 'a', { value: 1 }));
    await expect.poll(() => waiting.length).toBe(1);
    const publish = transport.publish.bind(transport);
    transport.publish = (subject, data) => String(data).includes('"accept"') || publish(subject, data);
    expect(await codeOf(b.ask(doubling, 'a', { value: 2 }))).toBe('notServed');
    transport.publish = publish;
    expect(await kept).toBe('peerLost');
    const again = [3, 4].map((value) => b.ask(doubling, 'a', { value }));
    await expect.poll(() => waiting.length).toBe(3);
    await letGo(waiting, 3);
    expect(await Promise.all(again)).toEqual([{ doubled: 6 }, { doubled: 8 }]);
  });

  it('ends streams when the connection is lost, and goes on when it is back', async () => {
    const [{ bus: a }, { bus: b }] = [await join(), await join()];
    const { waiting } = await serve(a, 5);
    const { heard } = await follow(b);
    const stream = b.open(doubling, 'a');
    const lost = codeOf(stream.request({ value: 1 }));
    await expect.poll(() => waiting.length).toBe(1);
    await environment().cut();
    expect(await lost).toBe('peerLost');
    await expect.poll(() => b.lostForMs).toBeGreaterThan(0);
    expect(a.publish(news, { text: 'into the void' })).toBe(false);
    waiting.splice(0);
    await environment().restore();
    await expect.poll(() => [...new Set(heard)]).toEqual(['gap']);
    await expect.poll(() => [a.lostForMs, b.lostForMs]).toEqual([0, 0]);
    await a.flush();
    const again = b.ask(doubling, 'a', { value: 5 });
    await letGo(waiting, 1);
    expect(await again).toEqual({ doubled: 10 });
  });
}
