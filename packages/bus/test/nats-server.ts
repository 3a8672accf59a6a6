import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A NATS server on loopback. */
export interface NatsServer {
  /** URL with user and password. */
  readonly url: string;
  readonly port: number;
  /** Ends the server without a word, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const DEBIAN = '/usr/sbin/nats-server';
const MOST_TRIES = 200;

/** Whether Debian's `nats-server` is installed. */
export const hasNats = (): boolean => existsSync(DEBIAN);

/**
 * Starts a NATS server that accepts one user. `args` are given to the server as well.
 * @throws when `nats-server` is not installed, or does not start within ten seconds
 */
export async function startNats(args: readonly string[] = []): Promise<NatsServer> {
  if (!hasNats()) throw new Error('NATS is not installed: apt-get install nats-server');
  const port = await freePort();
  const launch = async (): Promise<ChildProcess> => {
    const options = ['-a', '127.0.0.1', '-p', String(port), '--user', 'revtr', '--pass', 'secret', ...args];
    const started = spawn(DEBIAN, options, { stdio: 'ignore' });
    for (let tries = 0; !(await accepts(port)); tries++) {
      if (tries >= MOST_TRIES || started.exitCode !== null) throw new Error('NATS did not start');
      await sleep(50);
    }
    return started;
  };
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  let server = await launch();
  return {
    url: `nats://revtr:secret@127.0.0.1:${port}`,
    port,
    kill: () => end('SIGKILL'),
    restart: async () => {
      server = await launch();
    },
    stop: () => end('SIGTERM'),
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A TCP port of loopback that nothing uses. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
