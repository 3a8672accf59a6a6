import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, Random } from '@revtr/probing';
import type { Deployment } from '../deployment/deployment.ts';
import type { ManagedProcess } from '../deployment/managed-process.ts';
import type { SmallDisk } from '../deployment/small-disk.ts';
import { signalAll } from '../namespaces/signal-all.ts';
import { childrenOf } from './process-usage.ts';

export interface FaultsCollaborators {
  readonly random: Random;
  readonly clock: Clock;
  readonly disk: SmallDisk;
  /** Called when the controller was killed and has been started again. */
  readonly onControllerKilled: () => void;
}

/** One fault: it happens, lasts, and is repaired. */
interface Fault {
  readonly name: string;
  readonly happen: () => Promise<void>;
}

/** From the end of one fault to the next. */
const CALM_MS = 15_000;
/** The controller is killed at most once in this time, so that its memory has time to grow. */
const CONTROLLER_MS = 1_200_000;
const STOPPED_MS = 15_000;
const AWAY_MS = 20_000;
const FULL_MS = 20_000;

/** Breaks parts of a system, one after the other. Every process that a fault ends is started again. */
export class Faults {
  readonly #collaborators: FaultsCollaborators;
  readonly #killController: Fault;
  readonly #others: readonly Fault[];
  readonly #counts: Record<string, number> = {};

  constructor(system: Pick<Deployment, 'controller' | 'agents'>, collaborators: FaultsCollaborators) {
    const { random } = collaborators;
    this.#collaborators = collaborators;
    this.#killController = {
      name: 'the controller is killed',
      happen: () => restart(system.controller, random.below(1_000)),
    };
    this.#others = [...faultsOfAgents(system, random), fullDisk(collaborators.disk)];
  }

  /** How often each fault has happened, by its name. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /** Lets faults happen until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, onControllerKilled } = this.#collaborators;
    let killedAt = performance.now();
    while (!signal.aborted) {
      await clock.sleep(CALM_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      const mayKill = performance.now() - killedAt > CONTROLLER_MS;
      const fault = random.pick(mayKill ? [...this.#others, this.#killController] : this.#others);
      await fault.happen();
      this.#counts[fault.name] = (this.#counts[fault.name] ?? 0) + 1;
      if (fault !== this.#killController) continue;
      killedAt = performance.now();
      onControllerKilled();
    }
  }
}

function faultsOfAgents({ agents }: Pick<Deployment, 'agents'>, random: Random): Fault[] {
  const anyAgent = (): ManagedProcess => random.pick([...agents.values()]);
  return [
    { name: 'an agent is killed', happen: () => restart(anyAgent(), random.below(2_000)) },
    { name: 'an agent is away for 20 s', happen: () => restart(anyAgent(), AWAY_MS) },
    {
      name: 'a scamper is killed',
      happen: async () => {
        signalAll(childrenOf(anyAgent().pid), 'SIGKILL');
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
  ];
}

const fullDisk = (disk: SmallDisk): Fault => ({
  name: 'the disk is full for 20 s',
  happen: async () => {
    disk.fill();
    await sleep(FULL_MS);
    disk.free();
  },
});

async function restart(process: ManagedProcess, awayMs: number): Promise<void> {
  await process.kill();
  await sleep(awayMs);
  process.start();
}

async function hang(pids: readonly number[]): Promise<void> {
  signalAll(pids, 'SIGSTOP');
  await sleep(STOPPED_MS);
  signalAll(pids, 'SIGCONT');
}
