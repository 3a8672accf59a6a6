import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@revtr/probing';
import type { Deployment } from '../deployment/deployment.ts';
import type { ManagedProcess } from '../deployment/managed-process.ts';
import { childrenOf } from './process-usage.ts';
import type { SmallDisk } from './small-disk.ts';

/** One fault: it happens, lasts, and is repaired. */
export interface Fault {
  readonly name: string;
  readonly happen: () => Promise<void>;
}

const STOPPED_MS = 15_000;
const AWAY_MS = 20_000;
const FULL_MS = 20_000;

/** The faults of a soak. Every process that a fault ends is started again. */
export function faultsOf(
  { controller, agents }: Pick<Deployment, 'controller' | 'agents'>,
  collaborators: { readonly random: Random; readonly disk: SmallDisk },
): readonly Fault[] {
  const { random, disk } = collaborators;
  const anyAgent = (): ManagedProcess => random.pick([...agents.values()]);
  const restart = async (process: ManagedProcess, awayMs: number): Promise<void> => {
    await process.kill();
    await sleep(awayMs);
    process.start();
  };
  return [
    { name: 'an agent is killed', happen: () => restart(anyAgent(), random.below(2_000)) },
    { name: 'an agent is away for 20 s', happen: () => restart(anyAgent(), AWAY_MS) },
    {
      name: 'a scamper is killed',
      happen: async () => {
        for (const pid of childrenOf(anyAgent().pid)) signal(pid, 'SIGKILL');
      },
    },
    { name: 'the scamper of an agent hangs for 15 s', happen: () => hang(childrenOf(anyAgent().pid)) },
    {
      name: 'an agent hangs for 15 s',
      happen: () => {
        const { pid } = anyAgent();
        return hang(pid === undefined ? [] : [pid]);
      },
    },
    {
      name: 'the disk is full for 20 s',
      happen: async () => {
        disk.fill();
        await sleep(FULL_MS);
        disk.free();
      },
    },
    { name: 'the controller is killed', happen: () => restart(controller, random.below(1_000)) },
  ];
}

async function hang(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  await sleep(STOPPED_MS);
  for (const pid of pids) signal(pid, 'SIGCONT');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}
