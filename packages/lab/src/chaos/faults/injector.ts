import type { Clock, Random } from '@revtr/probing';
import { untilReady } from '../../cluster/servers.ts';
import type { ManagedProcess } from '../../deployment/managed-process.ts';
import { KernelLabError } from '../../namespaces/errors.ts';
import { signalAll } from '../../namespaces/signal-all.ts';
import { childrenOf } from '../../soak/process-usage.ts';
import { between, type Direction } from '../network/star-network.ts';
import type { Fault } from '../plan/fault.ts';
import type { ChaosSystem } from '../system/chaos-system.ts';
import { CLIENTS, FLEET, NATS } from '../system/names.ts';
import type { FaultEvent } from './fault-event.ts';
import { runInTurn } from './run-in-turn.ts';

export interface InjectorCollaborators {
  readonly system: ChaosSystem;
  readonly clients: ManagedProcess;
  readonly clock: Clock;
  readonly random: Random;
  readonly onEvent: (event: FaultEvent) => void;
}

/** Lets faults happen to a system, and repairs each of them. */
export class Injector {
  readonly #collaborators: InjectorCollaborators;

  constructor(collaborators: InjectorCollaborators) {
    this.#collaborators = collaborators;
  }

  /**
   * Runs a schedule. A repair may take long: a fault waits until the faults before it that use the same thing are repaired. Resolves when every
   * fault has ended and is repaired, also when `signal` fires.
   */
  async run(faults: readonly Fault[], signal: AbortSignal): Promise<void> {
    await runInTurn(faults, (fault, before) => this.#run(fault, before, signal));
  }

  async #run(fault: Fault, before: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#collaborators;
    await clock.sleep(fault.atMs, signal).catch(() => undefined);
    await before;
    if (signal.aborted) return;
    const repair = await this.#step('begin', fault, () => this.#begin(fault));
    await clock.sleep(fault.forMs, signal).catch(() => undefined);
    await this.#step('end', fault, async () => repair?.());
  }

  async #step<T>(phase: FaultEvent['phase'], fault: Fault, work: () => Promise<T>): Promise<T | undefined> {
    const { onEvent } = this.#collaborators;
    const at = Date.now();
    try {
      const result = await work();
      onEvent({ at, phase, fault });
      return result;
    } catch (error) {
      if (!(error instanceof KernelLabError || error instanceof RangeError)) throw error;
      onEvent({ at, phase, fault, problem: error.message });
      return undefined;
    }
  }

  /** Begins a fault, and returns how to end it. */
  async #begin(fault: Fault): Promise<() => Promise<void>> {
    const { system, random } = this.#collaborators;
    const { network, postgres } = system;
    switch (fault.kind) {
      case 'kill': {
        const target = this.#process(fault.process);
        await target.kill();
        return async () => {
          if (!target.isRunning) target.start();
        };
      }
      case 'stop': {
        const target = this.#process(fault.process);
        target.suspend();
        return async () => target.resume();
      }
      case 'scamperKill':
      case 'scamperStop':
        return strikeChildren(fault, this.#process(fault.process));
      case 'cut':
        return this.#cut(between(fault.one, fault.other));
      case 'oneWayCut':
        return this.#cut([{ from: fault.from, to: fault.to }]);
      case 'delay': {
        const directions = between(fault.one, fault.other);
        const jitter = random.fork(`${fault.atMs}`);
        await network.slow(directions, () => fault.delayMs + jitter.next() * fault.jitterMs);
        return () => network.hasten(directions);
      }
      case 'fullDisk': {
        const disk = system.auditDisks.get(fault.process);
        if (disk === undefined) throw new RangeError(`there is no process ${fault.process}`);
        disk.fill();
        return async () => disk.free();
      }
      case 'clockJump': {
        const clock = system.clocks.get(fault.process);
        if (clock === undefined) throw new RangeError(`there is no clock of ${fault.process}`);
        clock.set(fault.byMs);
        if (fault.isRestarted) {
          const target = this.#process(fault.process);
          await target.stop();
          target.start();
        }
        return async () => clock.set(0);
      }
      case 'natsRestart': {
        await system.nats.end('SIGTERM');
        return async () => system.nats.start();
      }
      case 'postgresRestart':
      case 'postgresKill': {
        const { primary } = postgres;
        await primary.process.end(fault.kind === 'postgresKill' ? 'SIGKILL' : 'SIGINT');
        return () => primary.start();
      }
      case 'postgresStop': {
        const { primaryHost } = postgres;
        // The processes that serve connections must not go on without the one that accepts them.
        await network.signal(primaryHost, 'SIGSTOP');
        return () => network.signal(primaryHost, 'SIGCONT');
      }
      case 'postgresFailover': {
        await postgres.untilReplicated();
        await postgres.primary.process.kill();
        await postgres.failOver();
        return () => postgres.addReplica();
      }
      case 'postgresSplit': {
        await postgres.untilReplicated();
        const old = postgres.primaryHost;
        const directions = network.hosts.filter((host) => host !== old).flatMap((host) => between(host, old));
        await network.cut(directions);
        await postgres.failOver();
        return async () => {
          await network.mend(directions);
          await postgres.addReplica();
        };
      }
    }
  }

  async #cut(directions: readonly Direction[]): Promise<() => Promise<void>> {
    const { network } = this.#collaborators.system;
    await network.cut(directions);
    return () => network.mend(directions);
  }

  #process(name: string): ManagedProcess {
    const { system, clients } = this.#collaborators;
    const { controllers, nats, fleet, agents } = system;
    const found = new Map([...controllers, ...agents, [NATS, nats], [FLEET, fleet], [CLIENTS, clients]]).get(name);
    if (found === undefined) throw new RangeError(`there is no process ${name}`);
    return found;
  }
}

/** Kills or suspends the children of an agent: its scamper. Waits until there is one, because the agent may just have started. */
async function strikeChildren(
  { kind, process: name }: Extract<Fault, { kind: 'scamperKill' | 'scamperStop' }>,
  agent: ManagedProcess,
): Promise<() => Promise<void>> {
  await untilReady(`the scamper of ${name}`, () => childrenOf(agent.pid).length > 0);
  const struck = childrenOf(agent.pid);
  signalAll(struck, kind === 'scamperKill' ? 'SIGKILL' : 'SIGSTOP');
  return async () => {
    if (kind === 'scamperStop') signalAll(struck, 'SIGCONT');
  };
}
