import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { createRandom, systemClock } from '@revtr/probing';
import { SmallDisk } from '../deployment/small-disk.ts';
import { startKernelSystem } from '../kernel/system/kernel-system.ts';
import { targetOf } from '../kernel/topology/addresses.ts';
import { parseTopology } from '../kernel/topology/parse.ts';
import { AcceptedWork } from './accepted-work.ts';
import { Faults } from './faults.ts';
import { HostileClients } from './hostile-clients.ts';
import { UsageSamples } from './usage-samples.ts';

const TOPOLOGY = new URL('../kernel/asymmetric.json', import.meta.url);
/** Time for the work that is left at the end. */
const FINISH_MS = 300_000;

/** Runs the soak: started by main.ts in a mount namespace. */
async function soak(minutes: number, mib: number, seed: number): Promise<number> {
  const say = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  const random = createRandom(seed);
  const disk = new SmallDisk({ mib });
  process.env.TMPDIR = disk.directory;
  const topology = parseTopology(JSON.parse(readFileSync(TOPOLOGY, 'utf8')));
  const destinations = [...topology.nodes].flatMap(([node, { role }]) =>
    role === 'destination' ? [formatIpv4(targetOf(topology, node))] : [],
  );
  const over = new AbortController();
  const interrupt = (): void => over.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  const system = await startKernelSystem(topology, {
    prefix: `soak${process.pid % 1_000}`,
    port: 0,
    onProgress: say,
    signal: over.signal,
  });
  system.failed.addEventListener('abort', () => {
    say(`soak: ${system.failed.reason.message}`);
    over.abort();
  });
  try {
    const clock = systemClock;
    const client = new ReverseTracerouteClient({ server: system.api, key: system.operatorKey });
    const work = new AcceptedWork(
      { source: system.source, destinations },
      { client, clock, random: random.fork('work') },
    );
    const port = Number(new URL(system.api).port);
    const hostile = new HostileClients({ port, key: system.key }, { clock, random: random.fork('hostile') });
    const usage = new UsageSamples(system.controller, {
      clock,
      onMinute: ({ memoryMib, openFiles, threads }) =>
        say(
          `${work.ended} batches ended, ${hostile.attacks} attacks; controller: ${memoryMib} MiB, ${openFiles} open files, ${threads} threads; disk ${Math.round(100 * disk.used)} % used`,
        ),
    });
    const onControllerKilled = (): void => usage.restarted();
    const faults = new Faults(system, { clock, random: random.fork('faults'), disk, onControllerKilled });
    const running = Promise.all([work, hostile, faults, usage].map((part) => part.run(over.signal)));
    await Promise.race([sleep(minutes * 60_000, undefined, { signal: over.signal }).catch(() => undefined), running]);
    over.abort();
    await running;
    disk.free();
    say('the time is over; waiting for the accepted measurements');
    const accepted = await work.finish(FINISH_MS);
    const controller = usage.flatness();
    const isGood = accepted.unfinished === 0 && accepted.changed === 0 && controller.isFlat && !system.failed.aborted;
    const report = { minutes, seed, isGood, accepted, attacks: hostile.attacks, faults: faults.counts, controller };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return isGood ? 0 : 1;
  } finally {
    over.abort();
    await system.stop();
    disk.remove();
  }
}

const [minutes, mib, seed] = process.argv.slice(2).map(Number);
process.exitCode = await soak(minutes, mib, seed);
