import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Bus } from '../bus.ts';
import { MOST_BYTES, type Service } from '../contracts.ts';
import { BusError } from '../errors.ts';
import { MOST_MESSAGE_BYTES } from '../messages.ts';
import { endsOfStreams } from './ends-of-streams.ts';
import {
  type BusEnvironment,
  codeOf,
  doubling,
  follow,
  framesTo,
  letGo,
  news,
  sendRaw,
  serve,
  useProcesses,
} from './processes.ts';

/** What every bus must do. */
export function busConformance(name: string, open: () => Promise<BusEnvironment>): void {
  describe(`bus: ${name}`, () => {
    const processes = useProcesses(open);
    const { problems, join } = processes;

    it('carries a message to every other process, once and in order', async () => {
      const [{ bus: a }, { bus: b }, { bus: c }] = [await join(), await join(), await join()];
      const [own, first, second] = [await follow(a), await follow(b), await follow(c)];
      for (const text of ['one', 'two', 'three']) expect(a.publish(news, { text })).toBe(true);
      await expect.poll(() => first.heard).toEqual(['one', 'two', 'three']);
      await expect.poll(() => second.heard).toEqual(['one', 'two', 'three']);
      expect(own.heard).toEqual([]);
    });

    it('refuses a message that is larger than its topic allows', async () => {
      const { bus } = await join();
      expect(() => bus.publish(news, { text: 'x'.repeat(10_000) })).toThrow(BusError);
    });

    it('tells a follower that a message is missing, and that one cannot be read', async () => {
      const [{ bus: a }, { bus: b }, { transport }] = [await join(), await join(), await join()];
      a.publish(news, { text: 'before anybody listened' });
      await a.flush();
      const { heard } = await follow(b);
      a.publish(news, { text: 'second' });
      await expect.poll(() => heard).toEqual(['gap', 'second']);
      transport.publish('revtr.topic.news', Buffer.from('{"from":"x","number":1,"body":{"text":5}}'));
      transport.publish('revtr.topic.news', Buffer.from([0xff, 0xfe]));
      await expect.poll(() => problems).toHaveLength(2);
      a.publish(news, { text: 'third' });
      await expect.poll(() => heard.at(-1)).toBe('third');
      expect(heard).toContain('gap');
    });

    it('does not let messages pile up for a slow follower, and tells it so', async () => {
      const [{ bus: a }, { bus: b }] = [await join(), await join({ queue: { messages: 10, bytes: 100_000 } })];
      const heard: string[] = [];
      let goOn = (): void => undefined;
      const stuck = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      b.subscribe(news, {
        onMessage: async ({ text }) => {
          heard.push(text);
          if (text === '0') await stuck;
        },
        onGap: () => void heard.push('gap'),
      });
      await b.flush();
      for (let i = 0; i <= 100; i++) a.publish(news, { text: String(i) });
      await a.flush();
      await expect.poll(() => heard).toEqual(['0']);
      await codeOf(b.ask(doubling, 'nobody', { value: 1 }));
      goOn();
      await expect.poll(() => heard.at(-1)).toBe('100');
      expect(heard[1]).toBe('gap');
      expect(heard.length).toBeLessThanOrEqual(12);
    });

    it('answers requests, and fails a single one', async () => {
      const [{ bus: a }, { bus: b }] = [await join(), await join()];
      const { waiting } = await serve(a, 10);
      const stream = b.open(doubling, 'a');
      const answers = Promise.all([1, 2, 3].map((value) => stream.request({ value })));
      await letGo(waiting, 3);
      expect(await answers).toEqual([{ doubled: 2 }, { doubled: 4 }, { doubled: 6 }]);
      const failed = codeOf(stream.request({ value: -1 }));
      await letGo(waiting, 1);
      expect(await failed).toBe('failed');
      expect(problems).toEqual([new Error('too small')]);
      const again = stream.request({ value: 7 });
      await letGo(waiting, 1);
      expect(await again).toEqual({ doubled: 14 });
    });

    it('keeps no more requests under way than the other end allows', async () => {
      const [{ bus: a }, { bus: b }] = [await join(), await join()];
      const { waiting, most } = await serve(a, 3);
      const stream = b.open(doubling, 'a');
      const answers = Promise.all(Array.from({ length: 10 }, (_, value) => stream.request({ value })));
      for (let i = 0; i < 10; i++) await letGo(waiting, 1);
      expect(await answers).toHaveLength(10);
      expect(most()).toBe(3);
    });

    it('cancels a request at the other end, and gives its place to another', async () => {
      const [{ bus: a }, { bus: b }] = [await join(), await join()];
      const { waiting, cancelled } = await serve(a, 1);
      const stream = b.open(doubling, 'a');
      const stop = new AbortController();
      const first = codeOf(stream.request({ value: 1 }, stop.signal));
      await expect.poll(() => waiting.length).toBe(1);
      const second = stream.request({ value: 2 });
      stop.abort();
      expect(await first).toBe('cancelled');
      await expect.poll(() => cancelled).toEqual([1]);
      waiting.splice(0, 1);
      await letGo(waiting, 1);
      expect(await second).toEqual({ doubled: 4 });
    });

    it('sends what leaves within a moment together, in order', async () => {
      const [{ bus: a }, { bus: b, transport }] = [await join(), await join()];
      const values: number[] = [];
      a.serve(doubling, 'a', {
        window: 500,
        handle: async ({ value }) => {
          values.push(value);
          return { doubled: value * 2 };
        },
      });
      await a.flush();
      const stream = b.open(doubling, 'a');
      await stream.request({ value: 1_000 });
      let sent = 0;
      const publish = transport.publish.bind(transport);
      transport.publish = (subject, data) => {
        sent++;
        return publish(subject, data);
      };
      const all = Array.from({ length: 300 }, (_, value) => value);
      const answers = await Promise.all(all.map((value) => stream.request({ value })));
      expect(answers).toEqual(all.map((value) => ({ doubled: value * 2 })));
      expect(values).toEqual([1_000, ...all]);
      expect(sent).toBeLessThan(30);
    });

    it('tells when a request waits no longer at the other end', async () => {
      const [{ bus: a }, { bus: b }] = [await join(), await join()];
      const [place, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const events: string[] = [];
      a.serve(doubling, 'a', {
        window: 5,
        handle: async ({ value }, _signal, onBegun) => {
          events.push('waits');
          await place.promise;
          onBegun();
          await answer.promise;
          return { doubled: value * 2 };
        },
      });
      await a.flush();
      const note = (event: string) => (): void => void events.push(event);
      const stream = b.open(doubling, 'a');
      const asked = stream.request({ value: 1 }, undefined, note('begun')).then(note('answered'));
      await expect.poll(() => events).toEqual(['waits']);
      place.resolve();
      await expect.poll(() => events).toEqual(['waits', 'begun']);
      answer.resolve();
      await asked;
      expect(events).toEqual(['waits', 'begun', 'answered']);
    });

    it('takes a request for begun when it has been sent to a process that does not tell', async () => {
      const [{ transport: old }, { bus: b }] = [await join(), await join()];
      const from = '00000000-0000-4000-8000-000000000003';
      const requests = framesTo(old, from, (type) => type === 'request');
      old.subscribe('revtr.service.doubling.old', (data) => {
        const { stream } = z.object({ stream: z.string() }).parse(JSON.parse(Buffer.from(data).toString()));
        sendRaw(old, `peer.${b.id}`, { type: 'accept', from, stream, window: 5 });
      });
      await old.flush();
      let isBegun = false;
      const stream = b.open(doubling, 'old');
      const closed = codeOf(
        stream.request({ value: 1 }, undefined, () => {
          isBegun = true;
        }),
      );
      await expect.poll(() => requests).toHaveLength(1);
      expect([isBegun, requests[0]]).toEqual([true, expect.not.objectContaining({ asksBegun: true })]);
      stream.close();
      expect(await closed).toBe('closed');
    });

    it('ends the streams of frames that the transport does not take, and the other end learns it', async () => {
      const [{ bus: a, transport }, { bus: b }] = [await join(), await join()];
      const { waiting } = await serve(a, 5);
      const stream = b.open(doubling, 'a');
      const lost = [1, 2].map((value) => codeOf(stream.request({ value })));
      const publish = transport.publish.bind(transport);
      transport.publish = (subject, data) => !String(data).includes('response') && publish(subject, data);
      await letGo(waiting, 2);
      expect(await Promise.all(lost)).toEqual(['peerLost', 'peerLost']);
      transport.publish = publish;
      const again = b.ask(doubling, 'a', { value: 4 });
      await letGo(waiting, 1);
      expect(await again).toEqual({ doubled: 8 });
    });

    it('splits what is too large for one message of the server', async () => {
      const [{ bus: a }, { bus: b }] = [await join(), await join()];
      const echo: Service<string, string> = {
        name: 'echo',
        request: z.string(),
        response: z.string(),
        mostBytes: 500_000,
      };
      a.serve(echo, 'a', { window: 100, handle: async (text) => text });
      await a.flush();
      const texts = [...Array.from({ length: 30 }, (_, i) => String(i).repeat(50_000)), 'x'.repeat(499_000), 'last'];
      const stream = b.open(echo, 'a');
      await stream.request('first');
      expect(await Promise.all(texts.map((text) => stream.request(text)))).toEqual(texts);
      expect(problems).toEqual([]);
    });

    it('carries the largest request and response that it takes, in messages that every server must accept', async () => {
      const [{ bus: a, transport: atA }, { bus: b, transport: atB }] = [await join(), await join()];
      const counting: Service<string, string> = {
        name: 'counting',
        request: z.string(),
        response: z.string(),
        mostBytes: MOST_BYTES,
      };
      /** Answers a number with as many letters, and letters with their number. */
      const answer = (text: string): string => (/^\d+$/.test(text) ? 'x'.repeat(Number(text)) : String(text.length));
      a.serve(counting, 'a', { window: 5, handle: async (text) => answer(text) });
      await a.flush();
      const sizes: number[] = [];
      for (const transport of [atA, atB]) {
        const publish = transport.publish.bind(transport);
        transport.publish = (subject, data) => {
          sizes.push(data.length);
          return publish(subject, data);
        };
      }
      const stream = b.open(counting, 'a');
      const tooLarge: unknown = await stream.request('x'.repeat(MOST_BYTES + 10_000)).catch((error: unknown) => error);
      if (!BusError.is(tooLarge, 'messageTooLarge')) throw tooLarge;
      const { bytes, most } = tooLarge.details;
      const largest = MOST_BYTES + 10_000 - (bytes - most);
      expect(largest).toBeGreaterThan(MOST_BYTES);
      expect(await stream.request('x'.repeat(largest))).toBe(String(largest));
      expect(await codeOf(stream.request('x'.repeat(largest + 1)))).toBe('messageTooLarge');
      // The word `response` is one letter longer than `request`.
      expect(await stream.request(String(largest - 1))).toHaveLength(largest - 1);
      expect(await codeOf(stream.request(String(largest)))).toBe('failed');
      expect(problems).toMatchObject([{ code: 'messageTooLarge' }]);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(MOST_MESSAGE_BYTES);
    });

    it('sends each frame alone to a process that does not read bundles', async () => {
      const [{ bus: a }, { transport: old }] = [await join(), await join()];
      const { waiting } = await serve(a, 10);
      const from = '00000000-0000-4000-8000-000000000001';
      const stream = `${from}.0`;
      const heard = framesTo(old, from, (type) => type !== 'alive');
      await old.flush();
      const send = (subject: string, frame: object): void => sendRaw(old, subject, { from, stream, ...frame });
      send('service.doubling.a', { type: 'open', service: 'doubling', name: 'a' });
      await expect.poll(() => heard).toMatchObject([{ type: 'accept' }]);
      for (const id of [1, 2, 3]) send(`peer.${a.id}`, { type: 'request', id, body: { value: id } });
      await letGo(waiting, 3);
      const response = (id: number) => ({ type: 'response', id, body: { doubled: 2 * id } });
      await expect.poll(() => heard.slice(1)).toMatchObject([response(1), response(2), response(3)]);
    });

    it('reads the rest of a bundle in which a frame is malformed', async () => {
      const [{ bus: a }, { transport }] = [await join(), await join()];
      const { waiting } = await serve(a, 10);
      const from = '00000000-0000-4000-8000-000000000002';
      const stream = `${from}.0`;
      const send = (subject: string, frame: object): void => sendRaw(transport, subject, { from, ...frame });
      send('service.doubling.a', { type: 'open', stream, service: 'doubling', name: 'a', readsBundles: true });
      const request = (id: unknown) => ({ type: 'request', from, stream, id, body: { value: 1 } });
      const nested = { type: 'bundle', from, frames: [request(9)] };
      send(`peer.${a.id}`, { type: 'bundle', frames: [request(1), request('two'), 3, nested, request(4)] });
      await expect.poll(() => waiting.length).toBe(2);
      expect(problems).toHaveLength(3);
    });

    it('ignores a process whose name cannot be a subject, and goes on', async () => {
      const [{ bus: a }, { bus: b, transport }] = [await join(), await join()];
      a.serve(doubling, 'a', { window: 5, handle: async ({ value }) => ({ doubled: value * 2 }) });
      await a.flush();
      for (const from of ['two words', '>', '']) {
        const frame = { type: 'open', from, stream: `${from}.0`, service: 'doubling', name: 'a' };
        sendRaw(transport, 'service.doubling.a', frame);
      }
      await b.flush();
      expect(await b.ask(doubling, 'a', { value: 4 })).toEqual({ doubled: 8 });
      expect(a.lostForMs).toBe(0);
    });

    it('says that nobody serves a name', async () => {
      const { bus } = await join();
      expect(await codeOf(bus.ask(doubling, 'nobody', { value: 1 }))).toBe('notServed');
    });

    it('lets one of several processes with the same name answer', async () => {
      const [{ bus: a }, { bus: b }, { bus: c }] = [await join(), await join(), await join()];
      for (const bus of [a, b]) {
        bus.serve(doubling, 'both', { window: 5, handle: async ({ value }) => ({ doubled: value * 2 }) });
        await bus.flush();
      }
      expect(await c.ask(doubling, 'both', { value: 21 })).toEqual({ doubled: 42 });
    });

    it('refuses streams beyond its limits for one process and in all, until others have ended', async () => {
      const [{ bus: server }, { bus: a }, { bus: b }] = [
        await join({ streams: { perPeer: 2, inAll: 3 } }),
        await join(),
        await join(),
      ];
      server.serve(doubling, 'a', { window: 1, handle: async ({ value }) => ({ doubled: value * 2 }) });
      await server.flush();
      const answerOf = (stream: ReturnType<typeof open>) => stream.request({ value: 1 });
      const open = (client: Bus) => client.open(doubling, 'a');
      const [first, second] = [open(a), open(a)];
      expect(await Promise.all([first, second].map(answerOf))).toEqual([{ doubled: 2 }, { doubled: 2 }]);
      await expect(answerOf(open(a))).rejects.toMatchObject({ code: 'overloaded', details: { limit: 2 } });
      expect(await answerOf(open(b))).toEqual({ doubled: 2 });
      await expect(answerOf(open(b))).rejects.toMatchObject({ code: 'overloaded', details: { limit: 3 } });
      first.close();
      await a.flush();
      expect(await answerOf(open(b))).toEqual({ doubled: 2 });
      await expect(answerOf(open(a))).rejects.toMatchObject({ code: 'overloaded', details: { limit: 3 } });
      const { bus: another } = await join();
      another.serve(doubling, 'a', { window: 1, handle: async () => ({ doubled: 0 }) });
      await another.flush();
      expect(await answerOf(open(a))).toEqual({ doubled: 0 });
    });

    endsOfStreams(processes);
  });
}
