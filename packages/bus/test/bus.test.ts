import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { systemClock } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Bus } from '../src/bus.ts';
import { busConformance } from '../src/conformance/index.ts';
import { BusError } from '../src/errors.ts';
import { InProcessExchange, InProcessTransport } from '../src/transport/in-process.ts';
import { NatsTransport } from '../src/transport/nats.ts';
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

describe('a stream', () => {
  it('ends at the client when only the server was without a connection', async () => {
    const exchange = new InProcessExchange();
    const [here, there] = [new InProcessTransport({ exchange }), new InProcessTransport({ exchange })];
    const [server, client] = [here, there].map(
      (transport) =>
        new Bus({ aliveMs: 50, lostMs: 60_000 }, { transport, clock: systemClock, onProblem: () => undefined }),
    );
    const echo = { name: 'echo', request: z.string(), response: z.string(), mostBytes: 1_000 };
    const answer = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    server.serve(echo, 'a', {
      window: 5,
      handle: () => {
        asked.resolve();
        return answer.promise;
      },
    });
    const lost = expect(client.ask(echo, 'a', 'x')).rejects.toMatchObject({ code: 'peerLost' });
    await asked.promise;
    here.cut(true);
    answer.resolve('y');
    await answer.promise;
    await setImmediate();
    here.cut(false);
    await lost;
    await server.close();
    await client.close();
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
