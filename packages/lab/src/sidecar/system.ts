import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatIpv4 } from '@revtr/net';
import { simParameters } from '@revtr/sim';
import { pino } from 'pino';
import { startSimulatedSystem } from '../world/simulated-system.ts';
import { SimulatedWorld } from '../world/simulated-world.ts';
import { localhostCertificate } from './localhost-certificate.ts';

const SOURCES = 4;
const CONCURRENCY = 4_000;
const MOST_DESTINATIONS = 20_000;

/**
 * The process with the system of the cycle: a simulated Internet at the speed of real time, and gRPC on a free port. The argument is the
 * database; without one, it is embedded, in a directory that is removed afterwards. Tells its parent how to reach it, and ends with it.
 */
const directory = mkdtempSync(join(tmpdir(), 'revtr-sidecar-'));
const [database = join(directory, 'data')] = process.argv.slice(2);
const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: SOURCES });
const system = await startSimulatedSystem(
  world,
  {
    ...{ host: '127.0.0.1', port: 0, database, concurrency: CONCURRENCY, realTime: true },
    audit: { directory: join(directory, 'audit') },
    grpc: { host: 'localhost', port: 0, tls: await localhostCertificate() },
  },
  pino({ level: 'warn' }, pino.destination(2)),
);
const destinations = [
  ...new Set(world.randomPairs(MOST_DESTINATIONS).map(({ destination }) => formatIpv4(destination))),
];
process.send?.({ port: system.controller.grpcPort, key: system.key, destinations });
process.on('message', () => {
  const { user, system: inSystem } = process.cpuUsage();
  process.send?.({
    cpuSeconds: (user + inSystem) / 1e6,
    residentMebibytes: Math.round(process.memoryUsage.rss() / 2 ** 20),
  });
});
await once(process, 'disconnect');
await system.stop();
rmSync(directory, { recursive: true, force: true });
