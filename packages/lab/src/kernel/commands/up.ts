import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilAborted } from '@revtr/probing';
import { Namespaces } from '../../namespaces/namespaces.ts';
import type { KernelLab } from '../network/kernel-lab.ts';
import { startKernelSystem } from '../system/kernel-system.ts';
import { parseTopology } from '../topology/parse.ts';
import type { KernelTopology } from '../topology/topology.ts';
import { runBeforeStart } from './before-start.ts';
import { Holder } from './holder.ts';

export interface UpOptions {
  /** Starts the names of the namespaces. */
  readonly name: string;
  /** Port of the API; 0 selects a free port. */
  readonly port: number;
  /** Address at which agents reach the controller. */
  readonly controlAddress?: string;
  /** A command that runs when the namespaces exist and before programs start. */
  readonly beforeStart?: string;
}

/** Builds the network of a topology file and runs the system on it until a signal. Returns the exit code. @throws {KernelLabError} `alreadyRunning` */
export async function up(file: string, options: UpOptions): Promise<number> {
  const topology = parseTopology(JSON.parse(readFileSync(file, 'utf8')));
  return new Holder(options.name).during(() => run(topology, options));
}

async function run(topology: KernelTopology, { name, port, controlAddress, beforeStart }: UpOptions): Promise<number> {
  const stop = stopSignal();
  const system = await startKernelSystem(topology, {
    prefix: name,
    port,
    onProgress: say,
    signal: stop,
    ...(controlAddress !== undefined && { controlAddress }),
    ...(beforeStart !== undefined && {
      beforeStart: (lab) => runBeforeStart(beforeStart, { lab, name, signal: stop }),
    }),
  });
  const { api, key, operatorKey, source, namespaces, failed, lab } = system;
  process.stdout.write(`${JSON.stringify({ api, key, operatorKey, source, namespaces })}\n`);
  say(`To use it as the host of the source ${source}: export REVTR_SERVER=${api} REVTR_KEY=${key}`);
  say(`To use it as the operator: export REVTR_SERVER=${api} REVTR_KEY=${operatorKey}`);
  say('running; press Ctrl-C to stop');
  const ended = AbortSignal.any([stop, failed]);
  await Promise.all([applyChanges(lab, ended), untilAborted(ended)]);
  if (failed.aborted) say(`lab: ${failed.reason.message}`);
  say('removing the lab');
  await system.stop();
  return failed.aborted ? 1 : 0;
}

/** Stops the process that runs a lab, then removes namespaces that a killed process has left behind. */
export async function down(name: string): Promise<number> {
  await new Holder(name).stop();
  await new Namespaces({ prefix: name }).removeLeftovers();
  return 0;
}

/** Applies the changes of the topology file at their times. */
async function applyChanges(lab: KernelLab, signal: AbortSignal): Promise<void> {
  const start = Date.now();
  for (const { atSeconds, topology } of lab.topology.changes) {
    await sleep(Math.max(0, start + atSeconds * 1_000 - Date.now()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await lab.change(topology);
    say(`changed the network at second ${atSeconds}`);
  }
}

/** A signal that fires when this process is asked to end. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  // A second signal must not end the process before the lab is removed: npm passes on the SIGINT that the terminal sends to both.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  return stop.signal;
}

/** Writes a line to standard error. */
export function say(message: string): void {
  process.stderr.write(`${message}\n`);
}
