import { untilReady } from '../../cluster/servers.ts';
import type { ManagedProcess } from '../../deployment/managed-process.ts';
import { KernelLabError } from '../../namespaces/errors.ts';
import type { ChaosSystem } from './chaos-system.ts';
import { FLEET, NATS } from './names.ts';

/**
 * Names of the processes that do not work: controllers that have not started, and agents that are not connected. Call it when all faults are
 * repaired. Waits at most two minutes.
 */
export async function notWorking({ controllers, agents, nats, fleet }: ChaosSystem): Promise<string[]> {
  const works = new Map<string, () => boolean>([
    ...[...controllers].map(([name, program]) => [name, () => lastOf(program, ['started']) === 'started'] as const),
    ...[...agents].map(([name, program]) => [name, () => lastOf(program, CONNECTION) === CONNECTION[0]] as const),
    [NATS, () => nats.isRunning],
    [FLEET, () => fleet.isRunning],
  ]);
  const failed = await Promise.all(
    [...works].map(async ([name, isWorking]) => {
      try {
        await untilReady(name, isWorking);
        return [];
      } catch (error) {
        if (!(error instanceof KernelLabError)) throw error;
        return [name];
      }
    }),
  );
  return failed.flat();
}

const CONNECTION = ['connected to ', 'not connected to '] as const;

/** Which of some beginnings of messages the running process of a program has logged last. Earlier processes have the same log file. */
function lastOf(program: ManagedProcess, beginnings: readonly string[]): string | undefined {
  if (!program.isRunning) return undefined;
  const own = program.log.split('\n').filter((line) => line.includes(`"pid":${program.pid},`));
  return own.flatMap((line) => beginnings.find((begin) => line.includes(`"msg":"${begin}`)) ?? []).at(-1);
}
