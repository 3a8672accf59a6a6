import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { createRandom, systemClock } from '@revtr/probing';
import { startKernelSystem } from '../kernel/system/kernel-system.ts';
import { targetOf } from '../kernel/topology/addresses.ts';
import { parseTopology } from '../kernel/topology/parse.ts';
import { AcceptedWork } from './accepted-work.ts';
import { faultsOf } from './faults.ts';
import { flatnessOf } from './flatness.ts';
import { HostileClients } from './hostile-clients.ts';
import { type ProcessUsage, usageOf } from './process-usage.ts';
import { SmallDisk } from './small-disk.ts';

const TOPOLOGY = new URL('../kernel/asymmetric.json', import.meta.url);
const SAMPLE_MS = 5_000;
const REPORT_MS = 60_000;
/** From the end of one fault to the next. */
const CALM_MS = 15_000;
/** Time for the work that is left at the end. */
const FINISH_MS = 300_000;
/** The controller is killed at most once in this time, so that its memory has time to grow. */
const CONTROLLER_MS = 1_200_000;

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
    const samples: ProcessUsage[][] = [[]];
    const faults: Record<string, number> = {};
    let controllerKilledAt = performance.now();

    const breakThings = async (): Promise<void> => {
      const kinds = faultsOf(system, { random: random.fork('faults'), disk });
      while (!over.signal.aborted) {
        await clock.sleep(CALM_MS, over.signal).catch(() => undefined);
        if (over.signal.aborted) return;
        const mayKill = performance.now() - controllerKilledAt > CONTROLLER_MS;
        const { name, happen } = random.pick(kinds.slice(0, mayKill ? kinds.length : -1));
        await happen();
        faults[name] = (faults[name] ?? 0) + 1;
        if (mayKill && name === kinds.at(-1)?.name) {
          controllerKilledAt = performance.now();
          samples.push([]);
        }
      }
    };
    const observe = async (): Promise<void> => {
      let reportedAt = performance.now();
      while (!over.signal.aborted) {
        await clock.sleep(SAMPLE_MS, over.signal).catch(() => undefined);
        const usage = system.controller.pid === undefined ? undefined : usageOf(system.controller.pid);
        if (usage === undefined) continue;
        samples.at(-1)?.push(usage);
        if (performance.now() - reportedAt < REPORT_MS) continue;
        reportedAt = performance.now();
        const { memoryMib, openFiles, threads } = usage;
        say(
          `${work.ended} batches ended, ${hostile.attacks} attacks; controller: ${memoryMib} MiB, ${openFiles} open files, ${threads} threads; disk ${Math.round(100 * disk.used)} % used`,
        );
      }
    };
    const running = Promise.all([work.run(over.signal), hostile.run(over.signal), breakThings(), observe()]);
    await Promise.race([sleep(minutes * 60_000, undefined, { signal: over.signal }).catch(() => undefined), running]);
    over.abort();
    await running;
    disk.free();
    say('the time is over; waiting for the accepted measurements');
    const accepted = await work.finish(FINISH_MS);
    const longest = samples.reduce((a, b) => (b.length > a.length ? b : a));
    const controller = { sampledMinutes: Math.round((longest.length * SAMPLE_MS) / 60_000), ...flatnessOf(longest) };
    const isGood = accepted.unfinished === 0 && accepted.changed === 0 && controller.isFlat && !system.failed.aborted;
    const report = { minutes, seed, isGood, accepted, attacks: hostile.attacks, faults, controller };
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
