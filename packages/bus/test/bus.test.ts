import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@revtr/probing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { Bus, type BusOptions } from '../src/bus.ts';
import { busConformance } from '../src/conformance/index.ts';
import { BusError } from '../src/errors.ts';
import { InProcessExchange, InProcessTransport } from '../src/transport/in-process.ts';
import { NatsTransport } from '../src/transport/nats.ts';
import { startNatsPair } from './nats-route.ts';
import { hasNats, startNats } from './nats-server.ts';

busConformance('in one process', async () => {
  const exchange = new InProcessExchange();
  const transports: InProcessTransport[] = [];
  return {
    connect: async () => {
      const transport = new InProcessTransport({ exchange });
      transports.push(transport);
      return transport;
    },
    cut: async () => {
      for (const transport of transports) transport.cut(true);
    },
    restore: async () => {
      for (const transport of transports) transport.cut(false);
    },
    stop: async () => undefined,
  };
});

const exchange = new InProcessExchange();
const buses: Bus[] = [];
/** A bus that does not take another one for lost within a test, unless `options` say so. */
const joinBus = (options: BusOptions = {}): { readonly bus: Bus; readonly transport: InProcessTransport } => {
  const transport = new InProcessTransport({ exchange });
  const collaborators = { transport, clock: systemClock, onProblem: () => undefined };
  const bus = new Bus({ aliveMs: 50, lostMs: 3_600_000, ...options }, collaborators);
  buses.push(bus);
  return { bus, transport };
};
afterEach(async () => {
  for (const bus of buses.splice(0)) await bus.close();
});

describe('a topic', () => {
  const topics = ['news', 'other'].map((name) => ({ name, schema: z.string(), mostBytes: 1_000 }));
  const follow = (bus: Bus): string[] => {
    const heard: string[] = [];
    bus.subscribe(topics[0], {
      onMessage: (message) => void heard.push(message),
      onGap: () => void heard.push('gap'),
    });
    return heard;
  };

  it('tells followers that a message is missing when only its sender was without a connection', async () => {
    const [{ bus: sender, transport }, { bus: follower }] = [joinBus(), joinBus()];
    const heard = follow(follower);
    transport.cut(true);
    expect(sender.publish(topics[0], 'lost')).toBe(false);
    transport.cut(false);
    await expect.poll(() => heard).toEqual(['gap']);
    sender.publish(topics[0], 'next');
    await expect.poll(() => heard).toEqual(['gap', 'next']);
  });

  it('tells followers that a message is missing when the transport did not take it', async () => {
    const [{ bus: sender, transport }, { bus: follower }] = [joinBus(), joinBus()];
    const heard = follow(follower);
    const publish = transport.publish.bind(transport);
    transport.publish = () => false;
    expect(sender.publish(topics[0], 'lost')).toBe(false);
    transport.publish = publish;
    sender.publish(topics[1], 'of another topic');
    await expect.poll(() => heard).toEqual(['gap']);
  });
});

describe('a follower', () => {
  const news = { name: 'news', schema: z.string(), mostBytes: 1_000 };

  it('that could not read what it has missed is told again, and takes messages meanwhile', async () => {
    const [{ bus: sender, transport }, { bus: follower }] = [joinBus(), joinBus()];
    const heard: string[] = [];
    follower.subscribe(news, {
      onMessage: (message) => void heard.push(message),
      onGap: async () => {
        heard.push('gap');
        if (heard.length < 3) throw new Error('the database is away');
      },
    });
    transport.cut(true);
    sender.publish(news, 'lost');
    transport.cut(false);
    await expect.poll(() => heard).toEqual(['gap']);
    sender.publish(news, 'next');
    await expect.poll(() => heard).toEqual(['gap', 'next', 'gap']);
    sender.publish(news, 'last');
    await expect.poll(() => heard).toEqual(['gap', 'next', 'gap', 'last']);
  });

  it('that could not take a message is told that it has missed one', async () => {
    const [{ bus: sender }, { bus: follower }] = [joinBus(), joinBus()];
    const heard: string[] = [];
    follower.subscribe(news, {
      onMessage: async (message) => {
        heard.push(message);
        throw new Error('the database is away');
      },
      onGap: () => void heard.push('gap'),
    });
    sender.publish(news, 'first');
    await expect.poll(() => heard).toEqual(['first', 'gap']);
  });
});

describe('a stream', () => {
  const echo = { name: 'echo', request: z.string(), response: z.string(), mostBytes: 1_000 };
  /** Serves `echo`; requests have no answer before `answer` resolves. */
  const serve = (bus: Bus) => {
    const answer = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    bus.serve(echo, 'a', {
      window: 5,
      handle: (_, signal) => {
        asked.resolve();
        signal.addEventListener('abort', () => cancelled.resolve());
        return answer.promise;
      },
    });
    return { answer, asked: asked.promise, cancelled: cancelled.promise };
  };
  /** What a process that is not a bus hears from a client of `echo`. It accepts every stream. */
  const listen = () => {
    const transport = new InProcessTransport({ exchange });
    const from = randomUUID();
    const heard: string[] = [];
    transport.subscribe(`revtr.peer.${from}`, (data) => heard.push(JSON.parse(String(data)).type));
    const accept = (to: string, stream: string) => {
      const frame = { type: 'accept', from, stream, window: 5 };
      transport.publish(`revtr.peer.${to}`, Buffer.from(JSON.stringify(frame)));
    };
    return { heard, accept };
  };

  it('ends at the client when only the server was without a connection', async () => {
    const [{ bus: server, transport }, { bus: client }] = [joinBus(), joinBus()];
    const { answer, asked } = serve(server);
    const lost = expect(client.ask(echo, 'a', 'x')).rejects.toMatchObject({ code: 'peerLost' });
    await asked;
    transport.cut(true);
    answer.resolve('y');
    await answer.promise;
    await setImmediate();
    transport.cut(false);
    await lost;
  });

  it('ends at a client that was silent for so long that the server took it for lost', async () => {
    const [{ bus: server }, { bus: client }] = [joinBus({ lostMs: 200 }), joinBus({ aliveMs: 60_000 })];
    const { asked, cancelled } = serve(server);
    const lost = expect(client.ask(echo, 'a', 'x')).rejects.toMatchObject({ code: 'peerLost' });
    await asked;
    await cancelled;
    await lost;
  });

  it('ends at the server when the client left it without a connection', async () => {
    const [{ bus: server }, { bus: client, transport }] = [joinBus(), joinBus()];
    const { asked, cancelled } = serve(server);
    const stream = client.open(echo, 'a');
    const closed = expect(stream.request('x')).rejects.toMatchObject({ code: 'closed' });
    await asked;
    transport.cut(true);
    stream.close();
    await closed;
    transport.cut(false);
    await cancelled;
  });

  it('ends at the server when the client left it while the transport did not take messages', async () => {
    const [{ bus: server }, { bus: client, transport }] = [joinBus(), joinBus()];
    const { asked, cancelled } = serve(server);
    const [stream, other] = [client.open(echo, 'a'), client.open(echo, 'a')];
    for (const request of [stream.request('x'), other.request('y')]) request.catch(() => undefined);
    await asked;
    const publish = transport.publish.bind(transport);
    transport.publish = (subject, data) => {
      if (!String(data).includes('"end"')) return publish(subject, data);
      transport.publish = publish;
      return false;
    };
    stream.close();
    await cancelled;
  });

  it('ends at a server that accepts it when the client has closed it', async () => {
    const { bus } = joinBus();
    const { heard, accept } = listen();
    bus.open(echo, 'b').close();
    accept(bus.id, `${bus.id}.0`);
    await expect.poll(() => heard).toEqual(['end']);
  });

  it('cannot be opened on a bus that is closed', async () => {
    const { bus } = joinBus({ openMs: 60_000 });
    await bus.close();
    await expect(bus.ask(echo, 'a', 'x')).rejects.toMatchObject({ code: 'closed' });
  });
});

if (!hasNats() && process.env.CI === undefined) {
  process.stderr.write('NATS is not installed: the conformance suite of its bus does not run\n');
} else {
  busConformance('NATS', async () => {
    const server = await startNats();
    return {
      connect: () => NatsTransport.connect({ servers: [server.url], name: 'test' }),
      cut: () => server.kill(),
      restore: () => server.restart(),
      stop: () => server.stop(),
    };
  });

  describe('two NATS servers', () => {
    const echo = { name: 'echo', request: z.string(), response: z.string(), mostBytes: 1_000 };

    it('lose a message when the connection between them breaks, and the wait for it ends', async () => {
      const pair = await startNatsPair();
      const [server, client] = await Promise.all(
        pair.servers.map(async ({ url }) => {
          const transport = await NatsTransport.connect({ servers: [url], name: 'test' });
          const collaborators = { transport, clock: systemClock, onProblem: () => undefined };
          const bus = new Bus({ aliveMs: 50, lostMs: 3_600_000 }, collaborators);
          buses.push(bus);
          return bus;
        }),
      );
      const waiting: ((text: string) => void)[] = [];
      const handle = async (text: string): Promise<string> =>
        text === 'ready' ? text : new Promise((resolve) => waiting.push(resolve));
      server.serve(echo, 'a', { window: 5, handle });
      await server.flush();
      await expect.poll(() => client.ask(echo, 'a', 'ready').catch(() => undefined), { timeout: 30_000 }).toBe('ready');
      const lost = expect(client.ask(echo, 'a', 'x')).rejects.toMatchObject({ code: 'peerLost' });
      await expect.poll(() => waiting).toHaveLength(1);
      pair.cut();
      await server.flush();
      waiting[0]('y');
      await sleep(200);
      pair.restore();
      await lost;
      expect([server.lostForMs, client.lostForMs]).toEqual([0, 0]);
      const again = client.ask(echo, 'a', 'z');
      await expect.poll(() => waiting).toHaveLength(2);
      waiting[1]('z');
      expect(await again).toBe('z');
      await pair.stop();
    });
  });

  describe('the connection to NATS', () => {
    it('is refused with a wrong password, and with a server that is not there', async () => {
      const server = await startNats();
      const wrong = `nats://revtr:wrong@127.0.0.1:${server.port}`;
      await expect(NatsTransport.connect({ servers: [wrong], name: 'test' })).rejects.toSatisfy((error) =>
        BusError.is(error, 'unreachable'),
      );
      await server.stop();
      const message = await NatsTransport.connect({ servers: [wrong], name: 'test' }).catch(String);
      expect(message).toContain(`127.0.0.1:${server.port}`);
      expect(message).not.toContain('wrong');
    });

    it('refuses a server that accepts no message as large as those of the bus', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'revtr-nats-'));
      const file = join(directory, 'nats.conf');
      writeFileSync(file, 'max_payload: 500000');
      const server = await startNats(['-c', file]);
      const refused = NatsTransport.connect({ servers: [server.url], name: 'test' });
      await expect(refused).rejects.toThrow('its max_payload is 500000 bytes, and must be at least 526336');
      await server.stop();
      rmSync(directory, { recursive: true });
    });

    it('comes back when the server has refused the password for a while', async () => {
      const server = await startNats();
      const transport = await NatsTransport.connect({ servers: [server.url], name: 'test' });
      let isConnected = true;
      transport.onConnection((is) => {
        isConnected = is;
      });
      await server.kill();
      await expect.poll(() => isConnected).toBe(false);
      let refusals = 0;
      const refusing = createServer((socket) => {
        const info = { server_id: 'x', version: '2.10.0', proto: 1, headers: true, max_payload: 1_048_576 };
        socket.write(`INFO ${JSON.stringify({ ...info, auth_required: true })}\r\n`);
        socket.on('error', () => undefined);
        socket.once('data', () => {
          refusals++;
          socket.end("-ERR 'Authorization Violation'\r\n");
        });
      });
      await once(refusing.listen(server.port, '127.0.0.1'), 'listening');
      await expect.poll(() => refusals, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
      refusing.close();
      await server.restart();
      await expect.poll(() => isConnected, { timeout: 10_000 }).toBe(true);
      await transport.close();
      await server.stop();
    });

    it('comes back although the clock was set back meanwhile', async () => {
      const server = await startNats();
      const transport = await NatsTransport.connect({ servers: [server.url], name: 'test' });
      let isConnected = true;
      transport.onConnection((is) => {
        isConnected = is;
      });
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        vi.setSystemTime(Date.now() - 3_600_000);
        await server.kill();
        await expect.poll(() => isConnected).toBe(false);
        await server.restart();
        await expect.poll(() => isConnected, { timeout: 10_000 }).toBe(true);
      } finally {
        vi.useRealTimers();
      }
      await transport.close();
      await server.stop();
    });

    it('uses TLS with the given authority, and no other', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'revtr-nats-'));
      const file = (name: string): string => join(directory, name);
      const subject = ['-subj', '/CN=nats', '-addext', 'subjectAltName=DNS:localhost'];
      for (const name of ['server', 'other'])
        execFileSync(
          'openssl',
          [
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:P-256',
            '-nodes',
            '-days',
            '1',
            ...subject,
          ].concat(['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)]),
          { stdio: 'ignore' },
        );
      const server = await startNats(['--tls', '--tlscert', file('server.pem'), '--tlskey', file('server.key')]);
      const options = { servers: [server.url.replace('127.0.0.1', 'localhost')], name: 'test' };
      for (const tls of [{}, { caFile: file('other.pem') }])
        await expect(NatsTransport.connect({ ...options, tls })).rejects.toThrow(BusError);
      const transport = await NatsTransport.connect({ ...options, tls: { caFile: file('server.pem') } });
      await transport.flush();
      await transport.close();
      await server.stop();
      rmSync(directory, { recursive: true });
    });
  });
}
