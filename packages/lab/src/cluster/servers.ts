import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@revtr/probing';
import { ManagedProcess } from '../deployment/managed-process.ts';
import { KernelLabError, throwIfStopped } from '../namespaces/errors.ts';

/** A server that the processes of a cluster use. */
export interface Server {
  /** URL for programs in the namespace of the cluster. */
  readonly url: string;
  readonly process: ManagedProcess;
}

const DEBIAN_POSTGRES = '/usr/lib/postgresql';
const DEBIAN_NATS = '/usr/sbin/nats-server';
const READY_POLL_MS = 100;
const MOST_READY_POLLS = 1_200;

/**
 * Starts NATS in a network namespace, on an address (dotted quad) of it.
 * @throws {KernelLabError} `notReady` when it is not installed or does not start
 */
export async function startNats(namespace: string, address: string, logFile: string): Promise<Server> {
  if (!existsSync(DEBIAN_NATS)) throw notReady('NATS', 'is not installed: apt-get install nats-server');
  const server = new ManagedProcess({
    namespace,
    command: [DEBIAN_NATS, '-a', address, '-p', '4222', '--user', 'revtr', '--pass', 'secret'],
    logFile,
  });
  server.start();
  await untilReady('NATS', () => server.log.includes('Server is ready'));
  return { url: `nats://revtr:secret@${address}:4222`, process: server };
}

/** Directory of the programs of PostgreSQL. @throws {KernelLabError} `notReady` when it is not installed */
export function postgresPrograms(): string {
  const versions = existsSync(DEBIAN_POSTGRES) ? readdirSync(DEBIAN_POSTGRES) : [];
  const found = versions
    .map((version) => join(DEBIAN_POSTGRES, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')));
  if (found === undefined) throw notReady('PostgreSQL', 'is not installed: apt-get install postgresql');
  return found;
}

/** Waits until `isReady`. @throws {KernelLabError} `notReady` after two minutes, `stopped` when `signal` fires */
export async function untilReady(
  what: string,
  isReady: () => boolean | Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  for (let polls = 0; !(await isReady()); polls++) {
    throwIfStopped(signal);
    if (polls >= MOST_READY_POLLS) throw notReady(what, 'did not become ready in time');
    await systemClock.sleep(READY_POLL_MS);
  }
}

const notReady = (host: string, problem: string): KernelLabError =>
  new KernelLabError('notReady', `${host} ${problem}`, { host });
